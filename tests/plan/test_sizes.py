import pytest

from badgateway.model.axis import DATABASE_DISTANCE, PROXY_SIZE_CPU, PROXY_SIZE_MEMORY, SIZE_CPU, SIZE_MEMORY
from badgateway.plan.sizes import size_faults, size_key, with_sizes


def test_a_size_of_all_holds_for_each_configuration_that_says_nothing_itself():
    spelled = with_sizes(
        {
            "size": {"cpu": 0.5, "memory_mb": 256},
            "configurations": [
                {"name": "one"},
                {"name": "two", "size": {"cpu": [1, 0.5]}},
                {"name": "three", "cpu_limits": [2]},
            ],
        }
    )

    assert spelled == {
        "configurations": [
            {"name": "one", "cpu_limits": [0.5], "memory_limits_mb": [256]},
            {"name": "two", "cpu_limits": [1, 0.5], "memory_limits_mb": [256]},
            {"name": "three", "cpu_limits": [2], "memory_limits_mb": [256]},
        ]
    }


def test_nginx_has_a_size_of_its_own_which_configurations_change_key_by_key():
    spelled = with_sizes(
        {
            "size": {"cpu": 1, "proxy": {"cpu": 0.25, "memory_mb": 64}},
            "configurations": [{"name": "one"}, {"name": "two", "size": {"proxy": {"cpu": [0.5, 0.25]}}}],
            "variants": {"quick": {"size": {"proxy": {"cpu": 1}}}},
        }
    )

    assert spelled == {
        "configurations": [
            {"name": "one", "cpu_limits": [1], "proxy_cpu_limits": [0.25], "proxy_memory_limits_mb": [64]},
            {"name": "two", "cpu_limits": [1], "proxy_cpu_limits": [0.5, 0.25], "proxy_memory_limits_mb": [64]},
        ],
        "variants": {"quick": {"proxy_cpu_limits": [1]}},
    }


def test_a_variant_has_a_size_of_its_own_only():
    spelled = with_sizes({"size": {"cpu": 2}, "variants": {"quick": {"size": {"cpu": 1}}, "full": {}}})

    assert spelled == {"variants": {"quick": {"cpu_limits": [1]}, "full": {}}}


@pytest.mark.parametrize("declared", [{}, {"configurations": "none", "variants": [1]}, {"configurations": [3]}])
def test_what_has_no_size_stays_as_it_is(declared):
    assert list(size_faults(declared)) == []
    assert with_sizes(declared) == declared


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (0.5, "size: input should be a table of cpu and memory_mb, such as size = { cpu = 0.5 }"),
        ({"cpus": 1}, "size.cpus: unknown key; allowed are cpu, memory_mb, proxy"),
        ({"proxy.cpu": 1}, "size.proxy.cpu: unknown key; allowed are cpu, memory_mb, proxy"),
        ({"proxy": 0.5}, "size.proxy: input should be a table of cpu and memory_mb, such as proxy = { cpu = 0.5 }"),
        ({"proxy": {"cpus": 1}}, "size.proxy.cpus: unknown key; allowed are cpu, memory_mb"),
        ({"proxy": {"cpu": []}}, "size.proxy.cpu: input should be a number, or a list of numbers"),
        (
            {"proxy": {"memory_mb": 8}},
            "size.proxy.memory_mb: 8 is not allowed: at least 16 MiB for nginx, or 0 for no limit",
        ),
        ({"cpu": "half"}, "size.cpu: input should be a number, or a list of numbers"),
        ({"cpu": True}, "size.cpu: input should be a number, or a list of numbers"),
        ({"cpu": []}, "size.cpu: input should be a number, or a list of numbers"),
        ({"cpu": [1, -1]}, "size.cpu: -1 is not allowed: at least 0.01 CPU, or 0 for no quota"),
        ({"cpu": [1, 1]}, "size.cpu: [1, 1] lists a value twice"),
        ({"cpu": 1000}, "size.cpu: 1000 is not allowed: at most 256 CPU"),
        ({"memory_mb": 999999999}, "size.memory_mb: 1e+09 is not allowed: at most 1.04858e+06 MiB"),
        ({"memory_mb": 16}, "size.memory_mb: 16 is not allowed: at least 32 MiB, or 0 for no limit"),
    ],
)
def test_a_size_that_cannot_be_had_is_refused_with_its_key(size, said):
    (alone,) = size_faults({"size": size})
    (of_one,) = size_faults({"configurations": [{"name": "one", "size": size}]})
    (of_variant,) = size_faults({"variants": {"quick": {"size": size}}})

    assert alone == said
    assert (of_one, of_variant) == (f"configurations[one].{said}", f"variants.quick.{said}")


def test_an_axis_is_called_by_the_key_that_a_file_has():
    axes = (SIZE_CPU, SIZE_MEMORY, PROXY_SIZE_CPU, PROXY_SIZE_MEMORY, DATABASE_DISTANCE)
    assert [size_key(axis) for axis in axes] == [
        "size.cpu",
        "size.memory_mb",
        "size.proxy.cpu",
        "size.proxy.memory_mb",
        "",
    ]
