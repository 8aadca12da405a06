//! What is wrong with signals and what feeds them in a configuration, and what to try.

sentences! { "config_signal";
    // ---- what is taken from the catalogue
    trouble_off_and_wanted():
        "`camera_trouble` is switched off here and wanted by `catalogue`",
        "这里关闭了 `camera_trouble`，而 `catalogue` 又要用它";
    leave_one_of_two_out():
        "leave one of the two out",
        "请去掉其中一个";
    catalogue_twice(name):
        "`catalogue` names `{name}` twice",
        "`catalogue` 中 `{name}` 写了两次";
    not_in_catalogue(shown):
        "the catalogue has no such signal{shown}",
        "现成的信号中没有这一个{shown}";
    no_neighbour(why, shown):
        "`neighbours`: {why}{shown}",
        "`neighbours`：{why}{shown}";
    write_codes():
        "write the codes of the cameras' and sensors' `grid`",
        "请写摄像机和传感器的 `grid` 编码";
    own_neighbour():
        "a grid cell is its own neighbour",
        "网格与自身相邻";
    two_cells():
        "each pair names two cells",
        "每一对须是两个不同的网格";

    // ---- the signal
    no_kind(shown):
        "`kind` is no name of a kind{shown}",
        "`kind` 不是有效的种类名称{shown}";
    another(kind):
        "there is another signal `{kind}`",
        "已有另一个信号 `{kind}`";
    put_into_one(line):
        "the first one is in line {line}: put all sources into one",
        "前一个在第 {line} 行：请把全部来源写在一个信号里";
    fed_by_nothing():
        "nothing feeds it",
        "没有来源";
    list_sources(kind):
        "list sources in `from`, or give a rule `signal = \"{kind}\"`",
        "请在 `from` 中列出来源，或给规则写上 `signal = \"{kind}\"`";
    prior_below_clear(prior, clear, raise):
        "`prior` ({prior}) < `clear` ({clear}) < first level ({raise}): what is not believed at the start must be able to end",
        "`prior`（{prior}）< `clear`（{clear}）< 第一级（{raise}）：什么都没看到时的可信度须低于 `clear`，预警才能结束";
    levels_and_clear():
        "its levels and `clear` do not fit together",
        "各级的可信度与 `clear` 不相容";
    each_camera(why):
        "`each_camera`: {why}",
        "`each_camera`：{why}";
    joins_places():
        "`join_neighbours` makes one alert of several places",
        "`join_neighbours` 把多处合为一条预警";
    sensors_of_no_camera():
        "sensors feed it, and they belong to no camera",
        "来源中有传感器，而传感器不属于任何摄像机";
    leave_each_camera_out():
        "leave `each_camera` out, or the other",
        "请去掉 `each_camera` 或另一个";

    // ---- its levels
    no_belief(belief):
        "`levels`: a belief lies between 0 and 1, not at {belief}",
        "`levels`：可信度应在 0 与 1 之间，而不是 {belief}";
    levels_do_not_rise(level):
        "`levels`: {level} takes no more belief than the level below",
        "`levels`：{level} 的可信度不高于下一级";
    they_rise():
        "from blue to red they rise",
        "从 blue 到 red 应逐级升高";
    levels_empty():
        "`levels` is empty, so it can never become an alert",
        "`levels` 是空的，不可能成为预警";
    usual_levels():
        "leave it out for the usual levels, or name one: levels = {{ orange = 0.7 }}",
        "去掉则用默认的各级；或至少写一级：levels = {{ orange = 0.7 }}";

    // ---- a source
    says_not_what():
        "a source does not say what it is",
        "来源没有写明是什么";
    is_both(one, other):
        "a source is both `{one}` and `{other}`",
        "一个来源同时写了 `{one}` 和 `{other}`";
    exactly_one():
        "exactly one of `rule`, `kind`, `sensor`, `quantity`, `conditions`",
        "`rule`、`kind`、`sensor`、`quantity`、`conditions` 只写其中一个";
    for_sensors_only(name, given):
        "`{name}` is for sensors, not for `{given}`",
        "`{name}` 只用于传感器，不用于 `{given}`";
    no_condition(shown):
        "a camera has no such condition{shown}",
        "摄像机没有这种异常{shown}";
    above_or_below():
        "a sensor needs either `above` or `below`",
        "传感器须写 `above` 或 `below` 之一";
    example_above():
        "for example above = 0.3, in the sensor's unit",
        "例如 above = 0.3，用传感器的单位";
    sure_not_above(threshold):
        "`sure_at` must lie above the threshold {threshold}",
        "`sure_at` 应高于阈值 {threshold}";
    sure_not_below(threshold):
        "`sure_at` must lie below the threshold {threshold}",
        "`sure_at` 应低于阈值 {threshold}";
    counts_fully():
        "there the sensor counts fully; at the threshold it counts half",
        "到该值时传感器按全部分量计，在阈值处按一半计";
}
