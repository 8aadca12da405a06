//! What may not stand where it stands in a configuration: names, kinds of values, ranges; and what to try.

sentences! { "structure";
    // ---- kinds of values
    table():
        "a table",
        "表";
    list():
        "a list",
        "列表";
    list_in_brackets():
        "a list in brackets",
        "方括号中的列表";
    text():
        "a text",
        "文本";
    text_in_quotes():
        "a text in quotes",
        "带引号的文本";
    true_or_false():
        "true or false",
        "布尔值（true 或 false）";
    whole_number():
        "a whole number",
        "整数";
    number():
        "a number",
        "数字";
    number_with_fraction():
        "a number with a fraction",
        "小数";
    date():
        "a date",
        "日期";
    nothing():
        "nothing (null)",
        "空值（null）";
    wrong_kind(name, wanted, found):
        "`{name}` must be {wanted}, not {found}",
        "`{name}` 应为{wanted}，而不是{found}";
    write(value):
        "write {value}",
        "请写 {value}";
    write_for_serial_server(value):
        "write {value} for a serial server",
        "串口服务器请写 {value}";
    write_without_quotes(value):
        "write {value}, without quotes",
        "请写 {value}，不加引号";
    write_two_brackets(name):
        "write [[{name}]] with two brackets: there may be several",
        "请写 [[{name}]]，用双方括号：可以有多个";
    write_one_bracket(name):
        "write [{name}] with one bracket: there is only one",
        "请写 [{name}]，用单方括号：只有一个";

    // ---- lists
    each_is_a_table(name):
        "every `{name}` must be a table",
        "每个 `{name}` 都应是一个表";
    begin_with_header(name):
        "begin each one with a line `[[{name}]]`",
        "每个都以一行 `[[{name}]]` 开头";
    not_so_many(name, wanted, found):
        "`{name}` takes {wanted} values in each pair of brackets, not {found}",
        "`{name}` 的每对方括号中应有 {wanted} 个值，而不是 {found} 个";

    // ---- words to choose from
    none_of(name, words, typed):
        "`{name}` must be {words}, not `{typed}`",
        "`{name}` 只能是 {words}，不能是 `{typed}`";
    none_of_in_quotes(name, words):
        "`{name}` must be {words}, as a text in quotes",
        "`{name}` 只能是 {words}，写成带引号的文本";

    // ---- numbers
    out_of_range(name, kind, range, found):
        "`{name}` must be {kind} {range}, not {found}",
        "`{name}` 应为{range}{kind}，而不是 {found}";
    no_number_in_range(name, kind, range):
        "`{name}` must be {kind} {range}",
        "`{name}` 应为{range}{kind}";
    from_to(least, most):
        "from {least} to {most}",
        "介于 {least} 与 {most} 之间的";
    at_least(least):
        "of at least {least}",
        "不小于 {least} 的";
    at_most(most):
        "of at most {most}",
        "不大于 {most} 的";
    finite():
        "that is finite",
        "有限的";

    // ---- texts
    empty(name):
        "`{name}` is empty",
        "`{name}` 是空的";
    leave_out_or_fill(name):
        "leave the line out, or write something between the quotes of `{name}`",
        "请去掉这一行，或在 `{name}` 的引号中填写内容";
    too_long(name, length, most):
        "`{name}` has {length} characters, it may have {most}",
        "`{name}` 有 {length} 个字符，最多 {most} 个";
    control_character(name):
        "`{name}` holds a line break or another control character",
        "`{name}` 中有换行符或其他控制字符";

    // ---- names
    unknown():
        "unknown name",
        "没有这个名称";
    unknown_name(name):
        "unknown name: `{name}`",
        "没有 `{name}` 这个名称";
    known_here(names):
        "known here: {names}",
        "这里可以写 {names}";
    known_here_and_in_reference(names):
        "known here: {names}; `lookout schema --reference` describes all",
        "这里可以写 {names}；全部说明见 `lookout schema --reference`";
    conditions(names):
        "the conditions of a rule are {names}",
        "规则的条件有 {names}";
    belongs_into(name, header):
        "`{name}` belongs into `{header}`",
        "`{name}` 应写在 `{header}` 中";
    password():
        "a password never stands in the configuration",
        "密码不能写在配置文件中";
    name_secret():
        "write it to a file in the secrets folder with `lookout secret set NAME` and name that file: secret = \"NAME\"",
        "请用 `lookout secret set NAME` 把它写入密码目录中的文件，并在这里写文件名：secret = \"NAME\"";
    missing(name):
        "`{name}` is missing",
        "缺少 `{name}`";
    section_missing(name):
        "the section `[{name}]` is missing",
        "缺少 `[{name}]` 一段";
    for_example(value):
        "for example: {value}",
        "例如：{value}";
    unreadable():
        "this cannot be read as a configuration",
        "这里无法按配置文件读取";

    // ---- layers
    too_much_in_layers():
        "the layers hold too much for so many cameras",
        "摄像机这么多，类型和默认值中的内容太多";
    fewer_in_layers(most, cost):
        "all cameras together take at most {most} names and values from them, where a table, such as a zone, counts for {cost} more: say fewer zones and masks for all",
        "所有摄像机从中合计最多取 {most} 个名称和值，每个表（例如一个区域）另算 {cost} 个：请减少共用的区域和遮罩";
    type_like_type():
        "a camera type cannot be like another one",
        "摄像机类型不能引用另一个类型";
    common_to_types():
        "what several types have in common stands in `[defaults.camera]`",
        "多个类型共有的设置写在 `[defaults.camera]` 中";
    of_one_camera(name):
        "`{name}` belongs to one camera, not to many",
        "`{name}` 是单路摄像机的设置，不能写给多路";
    write_in_each_camera():
        "write it in each `[[camera]]`; here stands what cameras have in common, such as `eye`, `grid` or `analysis_fps`",
        "请写在每个 `[[camera]]` 中；这里只写多路摄像机共有的设置，例如 `eye`、`grid` 或 `analysis_fps`";
    below_a_type(header):
        "`{header}` stands below a camera type and belongs to no camera",
        "`{header}` 写在某个摄像机类型下面，不属于任何摄像机";
    joins_the_camera(header, camera):
        "`{header}` stands below a camera type and still belongs to {camera}",
        "`{header}` 写在某个摄像机类型下面，却仍属于{camera}";
    header_of_type(header):
        "in a camera type it is `{header}`",
        "属于类型的要写成 `{header}`";
    header_of_type_or_move(header):
        "in a camera type it is `{header}`; what belongs to the camera stands right below it",
        "属于类型的要写成 `{header}`；属于摄像机的请紧接着写在该摄像机下面";
}
