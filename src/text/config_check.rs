//! What is wrong with ids, files and classes in a configuration, and what to try.

sentences! { "config_check";
    // ---- what a problem is of, where it has no id
    a_camera():
        "camera",
        "摄像机";
    a_camera_type():
        "camera type",
        "摄像机类型";
    a_rule():
        "rule",
        "规则";
    a_zone():
        "zone",
        "区域";
    a_line():
        "line",
        "线";
    a_sensor():
        "sensor",
        "传感器";
    a_signal():
        "signal",
        "信号";
    a_broker():
        "broker",
        "MQTT 服务器";
    a_command_key():
        "command key",
        "命令密钥";
    zone_number(number):
        "zone {number}",
        "第 {number} 个区域";
    line_number(number):
        "line {number}",
        "第 {number} 条线";
    mask_number(number):
        "mask {number}",
        "第 {number} 个遮罩";
    broker(id):
        "broker `{id}`",
        "MQTT 服务器 `{id}`";
    command_key(id):
        "command key `{id}`",
        "命令密钥 `{id}`";
    setting(owner, name):
        "{owner}: `{name}`",
        "{owner}：`{name}`";

    // ---- names
    quoted(text):
        ": `{text}`",
        "（`{text}`）";
    no_id(what, shown):
        "this is no id of a {what}{shown}",
        "这不是有效的{what} id{shown}";
    try_id(example):
        "lower-case letters, digits, `-` and `_`, at most 64, for example `{example}`",
        "只用小写字母、数字、`-` 和 `_`，最多 64 个字符，例如 `{example}`";
    another(what, id):
        "there is another {what} `{id}`",
        "已有另一个{what} `{id}`";
    try_another_id(line):
        "the first one is in line {line}: give this one another id",
        "前一个在第 {line} 行：请给这一个换一个 id";
    names_unknown(owner, what, shown):
        "{owner} names an unknown {what}{shown}",
        "{owner}：没有这样的{what}{shown}";
    for_example(example):
        "for example {example}",
        "例如 {example}";
    or_leave_out(example):
        "for example {example}, or leave it out",
        "例如 {example}，或去掉这一项";
    has_both(one, other):
        "has both `{one}` and `{other}`",
        "`{one}` 和 `{other}` 只能有一个";
    leave_one_out():
        "leave one out",
        "请去掉一个";

    // ---- files
    address_for_a_file(name):
        "`{name}` holds an address where the name of a file belongs",
        "`{name}` 应是文件名，写的却是地址";
    address_stands_in_url():
        "a camera's address stands in `url`, without user and password",
        "摄像机地址写在 `url` 中，不带用户名和密码";
    file_unreadable(name, path):
        "`{name}` cannot be read: {path}",
        "`{name}` 指定的文件无法读取：{path}";
    no_file(name, path):
        "`{name}` names no file: {path}",
        "`{name}` 指定的文件不存在：{path}";
    try_name_or_elsewhere():
        "check the name, or use --elsewhere if this configuration is for another machine",
        "请检查文件名；如果这份配置用于另一台机器，请加 --elsewhere";
    relative_to(folder):
        "relative paths start at the folder of the configuration: {folder}",
        "相对路径从配置文件所在的目录算起：{folder}";

    // ---- classes
    no_class_name(shown):
        "this is no name of a class{shown}",
        "这不是类别名称{shown}";
    classes_as_the_model_names_them():
        "classes are named as the model names them: `person`, `car`, `two_wheeler`, ...",
        "类别名称与模型中的一致：`person`、`car`、`two_wheeler` 等";
    class_twice(class):
        "names the class `{class}` twice",
        "类别 `{class}` 写了两次";
    classes_empty():
        "`classes` is empty",
        "`classes` 是空的";
    classes_for_it(names):
        "the classes for it are {names}",
        "对应的类别有 {names}";
}
