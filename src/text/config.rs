//! What is wrong with a configuration and what to try: what all its parts say. Each part has more of its own.

sentences! { "config";
    // ---- how sentences are put together
    and_also(one, other):
        "{one}; {other}",
        "{one}；{other}";
    and_more(count):
        "and {count} more, from here on",
        "从这里起还有 {count} 个问题";
    stands_in(layer):
        "it stands in {layer}",
        "这个值写在 {layer}";
    of(owner, what):
        "{owner}: {what}",
        "{owner}：{what}";
    more(count):
        "{count} more",
        "另外 {count} 个";

    // ---- what a problem is of
    camera(id):
        "camera `{id}`",
        "摄像机 `{id}`";
    cameras(ids):
        "cameras {ids}",
        "摄像机 {ids}";
    camera_type(id):
        "camera type `{id}`",
        "摄像机类型 `{id}`";
    rule(id):
        "rule `{id}`",
        "规则 `{id}`";
    signal(kind):
        "signal `{kind}`",
        "信号 `{kind}`";
    sensor(id):
        "sensor `{id}`",
        "传感器 `{id}`";
    zone(id):
        "zone `{id}`",
        "区域 `{id}`";
    line(id):
        "line `{id}`",
        "线 `{id}`";
    thing(name, id):
        "{name} `{id}`",
        "{name} `{id}`";
    nth(name, number):
        "{name} {number}",
        "第 {number} 个 `{name}`";
    part_of(part, owner):
        "{part} of {owner}",
        "{owner} 的{part}";
    field_of(name, owner):
        "`{name}` of {owner}",
        "{owner} 的 `{name}`";

    // ---- what to try
    did_you_mean(name):
        "did you mean `{name}`?",
        "是否想写 `{name}`？";
    there_are(names):
        "there are {names}",
        "已有 {names}";
    they_find(names):
        "they find {names}",
        "它们能识别 {names}";
    it_has(names):
        "it has {names}",
        "它有 {names}";
    they_are_in(names):
        "they are in {names}",
        "所在网格是 {names}";
    known_here(names):
        "known here: {names}",
        "这里可以写 {names}";
    leave_out():
        "leave it out",
        "请去掉这一项";
}
