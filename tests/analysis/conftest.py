from tests.charts import each_chart_once  # noqa: F401 # a fixture
