//! What to try where a configuration is no TOML.

sentences! { "config_syntax";
    never_closed(mark):
        "this is no TOML: the `{mark}` here is never closed",
        "这里不是 TOML：此处的 `{mark}` 没有闭合";
    close_it(mark):
        "close it with `{mark}` before something else begins",
        "请在下一项开始之前用 `{mark}` 闭合";
    withheld():
        "the line is not shown, as it may hold a password",
        "这一行可能含有密码，因此不显示";
    try_header():
        "a section is `[site]`, with one bracket on each side; one of several is `[[camera]]`, with two",
        "段落写成 `[site]`，两边各一个方括号；可以有多个的写成 `[[camera]]`，两边各两个";
    try_brackets():
        "a list is written in brackets: [\"person\", \"car\"]",
        "列表写在方括号中：[\"person\", \"car\"]";
    try_commas():
        "one comma stands between two values, and a list ends with `]`: [\"person\", \"car\"]",
        "两个值之间写一个逗号，列表以 `]` 结束：[\"person\", \"car\"]";
    try_braces():
        "a table in braces is written {{ zone = \"gate\", for_secs = 3 }}",
        "花括号中的表写成 {{ zone = \"gate\", for_secs = 3 }}";
    try_once():
        "each name stands once in its section, and each `[section]` once in the file: leave one of the two out",
        "同一段中每个名称只写一次，每个 `[段落]` 在文件中也只写一次：请去掉其中一个";
    try_list_first():
        "`[[camera]]` stands above all that is its own, such as `[[camera.zone]]`, and never beside `[camera]`",
        "先写 `[[camera]]`，再写属于它的内容（例如 `[[camera.zone]]`）；不能与 `[camera]` 并用";
    try_value():
        "write the value behind `=`: a text in quotes, a number or true and false without",
        "请在 `=` 后面写值：文本加引号，数字、true 和 false 不加";
    try_backslash():
        "write each backslash twice, or the text in single quotes",
        "反斜杠请写两个，或把文本写在单引号中";
    try_quotes():
        "a text begins and ends with a quote, on one line",
        "文本的开头和结尾各写一个引号，写在同一行";
    try_several_lines():
        "a text over several lines ends with three quotes, as it begins",
        "多行文本以三个引号开头，也以三个引号结束";
    try_name():
        "a name is of Latin letters, digits, `_` and `-`",
        "名称只用英文字母、数字、`_` 和 `-`";
    try_assignment():
        "each line is `name = value`; a remark begins with `#`",
        "每行写一个 `名称 = 值`；注释以 `#` 开头";
    try_number():
        "a number is written like 5 or 0.5, a code with leading zeros as a text in quotes",
        "数字写成 5 或 0.5 这样；带前导零的代码写成加引号的文本";
}
