"""What the containers of the application servers had of their sizes."""
