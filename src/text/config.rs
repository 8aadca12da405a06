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
        "这个值写在别处：{layer}";
    the_defaults():
        "`[defaults.camera]`",
        "默认值 `[defaults.camera]`";
    the_camera_type(id):
        "the camera type `{id}`",
        "摄像机类型 `{id}`";
    a_camera_type():
        "the camera type",
        "该摄像机类型";
    at(place, what):
        "{place}: {what}",
        "{place}：{what}";
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
    nth_camera_type(number):
        "camera type {number}",
        "第 {number} 个摄像机类型";
    section(name):
        "[{name}]",
        "[{name}]";
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
        "它们能检测 {names}";
    it_has(names):
        "it has {names}",
        "它有 {names}";
    they_are_in(names):
        "they are in {names}",
        "所在网格是 {names}";
    leave_out():
        "leave it out",
        "请去掉这一项";

    // ---- a text that is no TOML
    no_toml(detail):
        "this is no TOML: {detail}",
        "这里不是 TOML（原文：{detail}）";
    no_toml_but(format):
        "this is {format}, no TOML",
        "这是 {format}，不是 TOML";
    xml_or_a_web_page():
        "XML or a web page",
        "XML 或网页";
    how_toml_looks():
        "a section is `[site]`, a value `box = \"box-1\"`, each camera `[[camera]]`; config/minimal.toml is one to start from",
        "段落写成 `[site]`，值写成 `box = \"box-1\"`，每路摄像机写一个 `[[camera]]`；可以从 config/minimal.toml 开始";
    colon_for_equals(colon):
        "`{colon}` stands where `=` belongs: key = value",
        "`{colon}` 应为 `=`：写成 key = value";
    no_blank(number):
        "the blank {number} is none: type a plain one",
        "{number} 不是普通空格：请输入半角空格";
    only_looks_like(typed, meant):
        "`{typed}` only looks like `{meant}`: type it half-width (English input)",
        "`{typed}` 不是 `{meant}`，只是看起来像：请用英文输入法输入半角字符";
    only_look_like(typed, meant):
        "{typed} only look like {meant}: type them half-width (English input)",
        "{typed} 不是 {meant}，只是看起来像：请用英文输入法输入半角字符";
    invisible(number):
        "there is an invisible character ({number}): type this line anew",
        "这里有一个看不见的字符（{number}）：请重新输入这一行";

    // ---- the file itself
    file_unreadable(why):
        "the file cannot be read: {why}",
        "文件无法读取：{why}";
    example_to_start_from():
        "config/example.toml is a complete example to start from",
        "从头编写可以参照完整的示例 config/example.toml";
    file_too_large(most):
        "the file is larger than {most} bytes",
        "文件超过 {most} 字节";
    is_it_one():
        "is it a configuration?",
        "它是配置文件吗？";
    no_utf8():
        "the file is no text in UTF-8",
        "文件不是 UTF-8 文本";
    save_as_utf8():
        "save it as UTF-8 in the editor",
        "请在编辑器中另存为 UTF-8 编码";

    // ---- models and classes
    unknown_model(owner, name):
        "{owner} names an unknown model: `{name}`",
        "{owner} 指定的模型 `{name}` 不存在";
    usual_model():
        "the usual model",
        "默认模型";
    usual_model_missing(name):
        "the usual model `{name}` is not in the list of models",
        "模型清单中没有默认模型 `{name}`";
    try_models_list():
        "`lookout models list` prints those there are",
        "`lookout models list` 列出已有的模型";
    finds_no_faces(owner, name):
        "{owner} names a model that finds no faces: `{name}`",
        "{owner} 指定的模型 `{name}` 不能检测人脸";
    usual_face_model_or_none():
        "leave `face_model` out for the usual one, or write \"none\"",
        "去掉 `face_model` 就用默认模型，或写 \"none\"";
    class_not_chosen(class):
        "the chosen models do not find the class `{class}`",
        "所选模型不能检测类别 `{class}`";
    class_of_no_model(class):
        "no model finds the class `{class}`",
        "没有模型能检测类别 `{class}`";

    // ---- what a restart is for
    takes_a_restart(key, why):
        "{key} changed, which takes a restart of the daemon: {why}",
        "{key} 改了，需要重新启动服务：{why}";
    name_belongs_to_messages():
        "every topic, the login name at the broker and the numbers of messages in the queue on disk belong to this name",
        "所有主题、在 MQTT 服务器上的登录名、磁盘队列中消息的编号都属于这个名称";
    area_belongs_to_messages():
        "every topic and the numbers of messages in the queue on disk belong to this area",
        "所有主题和磁盘队列中消息的编号都属于这个县区";
    folder_is_in_use():
        "messages that wait, the audit log and what the command centre asked for are in the folder that is in use",
        "待发消息、审计日志和指挥中心的要求都在正在使用的目录中";

    // ---- one camera, explained
    no_such_camera(file, id):
        "{file}: there is no camera of that id: `{id}`",
        "{file}：没有 id 为 `{id}` 的摄像机";
    no_camera():
        "the file has no camera",
        "文件中没有摄像机";

    // ---- changes from afar
    too_many_changes(count, most):
        "there are {count} changes; one patch may hold {most}",
        "共有 {count} 处修改；一个补丁最多 {most} 处";
    no_path(path):
        "`{path}` is no path: it is written like `camera.cam-03.analysis_fps`",
        "`{path}` 不是路径：应写成 `camera.cam-03.analysis_fps` 这样";
    unreadable(detail):
        "the configuration cannot be read: {detail}",
        "配置无法读取（原文：{detail}）";
    unwritable(detail):
        "the configuration cannot be written: {detail}",
        "配置无法写出（原文：{detail}）";
    no_table():
        "it is no table",
        "它不是表";
    null_is_no_value(path):
        "`{path}`: `null` is no value; what is to go stands in `remove`",
        "`{path}`：`null` 不是值；要删除的写在 `remove` 中";
    too_large(path, number):
        "`{path}`: {number} is too large",
        "`{path}`：{number} 太大";
    entry_of_layer(path, list, id, layer, entry):
        "`{path}`: the {list} `{id}` comes from `{layer}`: change it there, or set the whole entry `{entry}`",
        "`{path}`：`{list}` 的 `{id}` 来自 `{layer}`：请在那里修改，或设置整个 `{entry}`";
    no_entry(path, list, id):
        "`{path}`: there is no {list} `{id}`",
        "`{path}`：`{list}` 中没有 `{id}`";
    value_of_layer(path, layer):
        "nothing stands at `{path}` itself: it comes from `{layer}`: change it there, or set another value here",
        "`{path}` 本身没有值：它来自 `{layer}`：请在那里修改，或在这里设置另一个值";
    nothing_there(path):
        "nothing stands at `{path}`",
        "`{path}` 处没有值";
    value_has_nothing_below(path, name):
        "`{path}`: `{name}` is a value, nothing stands below it",
        "`{path}`：`{name}` 是一个值，下面没有内容";
    entries_without_ids(path, list):
        "`{path}`: the entries of `{list}` have no ids; set the whole list",
        "`{path}`：`{list}` 的各项没有 id；请设置整个列表";
    no_list(path, list):
        "`{path}`: `{list}` is no list",
        "`{path}`：`{list}` 不是列表";
    another_key(path, key):
        "`{path}`: its `{key}` is another one than in the path",
        "`{path}`：其中的 `{key}` 与路径中的不同";
    entry_must_be_object(path, list):
        "`{path}` is an entry of `{list}`: its value must be an object",
        "`{path}` 是 `{list}` 中的一项：它的值应为对象";
    not_an_entry(path):
        "`{path}`: it is no entry",
        "`{path}`：它不是其中的一项";
}
