"""The words that members, addresses and courses are made of."""

FIRST_NAMES = (
    "Aisha", "Anna", "Björn", "Carlos", "Chloé", "Daniel", "Elena", "Emma", "Fatima", "Felix", "Grace", "Hannah",
    "Hiro", "Ingrid", "Ivan", "Jakub", "Jonas", "José", "Julia", "Karim", "Laura", "Leila", "Liam", "Lucía", "Mateo",
    "Mei", "Mia", "Noah", "Nora", "Olga", "Omar", "Oskar", "Paula", "Priya", "Rosa", "Samuel", "Sofia", "Søren",
    "Thomas", "Yuki",
)  # fmt: skip

LAST_NAMES = (
    "Abe", "Almeida", "Andersson", "Bauer", "Bianchi", "Brown", "Costa", "Dubois", "Evans", "Fischer", "García",
    "Haddad", "Hansen", "Horvat", "Ibrahim", "Jensen", "Johnson", "Kaya", "Kim", "Kowalski", "Lambert", "Lindqvist",
    "López", "Martin", "Meyer", "Moreau", "Müller", "Nguyen", "Novák", "O'Brien", "Okafor", "Patel", "Petrov",
    "Rossi", "Santos", "Schmidt", "Silva", "Smith", "Tanaka", "Wang",
)  # fmt: skip

STREETS = (
    "Abbey Road", "Birch Lane", "Church Street", "Elm Avenue", "Garden Way", "Harbour Road", "High Street",
    "Kirkegata", "Lindenstraße", "Mill Lane", "Museum Square", "Orchard Close", "Park Avenue", "Rue des Lilas",
    "School Road", "Station Street", "Via Roma", "Victoria Road", "Water Lane", "Willow Walk",
)  # fmt: skip

CITIES = (
    "Aarhus", "Bergen", "Bologna", "Bristol", "Gdańsk", "Ghent", "Graz", "Leeds", "Lyon", "Málaga", "Münster",
    "Porto", "Rotterdam", "Tampere", "Toulouse", "Uppsala",
)  # fmt: skip

LEVELS = ("beginner", "intermediate", "advanced", "expert")

COURSES = (
    ("ALG-1", "Algebra I"),
    ("ALG-2", "Algebra II"),
    ("ART-1", "Drawing"),
    ("BIO-1", "Biology"),
    ("CHE-1", "Chemistry"),
    ("ECO-1", "Economics"),
    ("ENG-1", "English I"),
    ("ENG-2", "English II"),
    ("FRE-1", "French"),
    ("GEO-1", "Geography"),
    ("GER-1", "German"),
    ("HIS-1", "History"),
    ("MUS-1", "Music"),
    ("PHY-1", "Physics I"),
    ("PHY-2", "Physics II"),
    ("PRO-1", "Programming"),
    ("SPA-1", "Spanish"),
    ("STA-1", "Statistics"),
)
