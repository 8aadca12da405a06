//! What the configuration reference says itself; what it says of a key is in [`super::reference_fields`].

sentences! { "reference";
    title():
        "Configuration reference",
        "配置参考";
    other_pages():
        "[Chinese](REFERENCE.zh-CN.md), [Setting up cameras, rules and sensors](GUIDE.md)",
        "[English](REFERENCE.md)，[配置摄像机、规则和传感器](GUIDE.zh-CN.md)";
    made():
        "Made from the program's own types by `lookout schema --reference`; a test fails when this file differs.",
        "由 `lookout schema --reference` 根据程序自身的类型生成；文件与程序不一致时，测试会失败。";
    one_file():
        "One TOML file describes a box. A name that is not listed here is an error. Times are in seconds (`_secs`), sizes in\n\
         MiB (`_mib`); coordinates are parts of the picture from 0 to 1 with the origin at the top left. Relative paths start at\n\
         the folder of the configuration file. `lookout check FILE` reports every problem of a file at once.",
        "一个盒子用一个 TOML 文件配置。出现这里没有列出的名称就报错。时间以秒为单位（`_secs`），容量以 MiB 为单位（`_mib`）；\
         坐标是占画面的比例，从 0 到 1，原点在左上角。相对路径从配置文件所在的目录算起。`lookout check FILE` 一次报出文件的\
         全部问题。";
    passwords():
        "Passwords never stand in this file: `secret = \"cam-03\"` names a file `cam-03` in the secrets folder (`[site] secrets_dir`;\n\
         systemd's `$CREDENTIALS_DIRECTORY` where the service has one) that holds `user:password` on one line and that nobody but its\n\
         owner and the service's own group can read; `lookout secret set cam-03` writes it so.",
        "密码从不写在这个文件里：`secret = \"cam-03\"` 指密码目录里的文件 `cam-03`，目录由 `[site] secrets_dir` 指定，服务配有 \
         systemd 凭据时是 `$CREDENTIALS_DIRECTORY`；文件里是一行 `user:password`，只有属主和服务自己的用户组能读。\
         `lookout secret set cam-03` 会写成这样。";
    examples():
        "[example.toml](example.toml) shows everything in one file, [minimal.toml](minimal.toml) the least that works, and\n\
         [lookout.schema.json](lookout.schema.json) lets editors complete and check as you type.",
        "[example.toml](example.toml) 把全部内容列在一个文件里，[minimal.toml](minimal.toml) 是能用的最小配置，\
         [lookout.schema.json](lookout.schema.json) 供编辑器在输入时补全和检查。";

    // ---- what happens to a change
    changes_heading():
        "Changes while the box runs",
        "运行中的改动";
    changes():
        "A change of the file is taken up by itself within seconds, whole or not at all; `systemctl reload lookout` asks for it at\n\
         once. Cameras that did not change go on untouched. `[mqtt]`: the box says `stopped` where it was and connects anew, and\n\
         what waits is sent there; messages that a broker keeps below an old `prefix` stay there until somebody clears them.\n\
         `[detector]`: the models are loaded beside the old ones, which look until then. `[outbox]`: the new limits count from the\n\
         next message on.",
        "文件改动后几秒内自动生效，要么全部生效，要么全不生效；`systemctl reload lookout` 立即生效。没有改动的摄像机不断流。\
         `[mqtt]`：盒子在原来的服务器上发布 `stopped`，再连接新的，排队的消息发往新的；MQTT 服务器在旧 `prefix` 下保留的消息\
         一直留着，直到有人清除。`[detector]`：新模型在旧模型旁边加载，加载好之前仍用旧模型。`[outbox]`：新的上限从下一条\
         消息起生效。";
    renewed():
        "What the files hold that are named by `secret`, `ca_file`, `cert_file` and `key_file` is no part of the configuration: a\n\
         password, token or certificate that is renewed is taken up within seconds, and only the connection that uses it is made\n\
         anew.",
        "`secret`、`ca_file`、`cert_file` 和 `key_file` 所指文件的内容不属于配置：密码、令牌、证书更新后几秒内生效，只重建用到它\
         的连接。";
    takes_a_restart():
        "These take a restart (`systemctl restart lookout`), and a change of them is refused until then:",
        "下列各项须重启才能改（`systemctl restart lookout`），重启之前的改动一律拒绝：";
    restart_columns():
        "| key | why |",
        "| 键 | 原因 |";

    // ---- a section
    part_of(part, owner):
        "`{part} = {{ ... }}` in `{owner}`",
        "`{owner}` 中的 `{part} = {{ ... }}`";
    columns():
        "| key | value | default | what |",
        "| 键 | 取值 | 默认值 | 说明 |";
    required():
        "required",
        "必填";
    none():
        "none",
        "无";
    with_example(text, example):
        "{text} Example: `{example}`",
        "{text}例：`{example}`";

    // ---- what a value looks like
    text():
        "text",
        "文本";
    whole_number():
        "whole number",
        "整数";
    number():
        "number",
        "数值";
    between(kind, least, most):
        "{kind} {least} to {most}",
        "{kind}，{least} 到 {most}";
    not_below(kind, least):
        "{kind} from {least}",
        "{kind}，不小于 {least}";
    not_above(kind, most):
        "{kind} up to {most}",
        "{kind}，不大于 {most}";
    either(one, other):
        "{one}, {other}",
        "{one}、{other}";
    table():
        "table",
        "表";
    tables():
        "tables",
        "多个表";
    points():
        "points `[[x, y], ...]`",
        "点 `[[x, y], ...]`";
    list_of(kind):
        "list of {kind}",
        "列表：{kind}";

    // ---- the kinds of alert
    kinds_heading():
        "Kinds of alert",
        "预警的种类";
    kinds():
        "A rule's `signal` is the kind of its alerts. These have a title in both languages and a usual level; any other name of\n\
         lower-case letters, digits and `_` works too, and then a `title` of the rule's own is worth its line.",
        "规则的 `signal` 就是其预警的种类。下列种类有中英文标题和通常等级；由小写字母、数字和 `_` 组成的其他名称也可以用，这时\
         最好给规则写上自己的 `title`。";
    kinds_columns():
        "| `signal` | usual level | title (`en`) | title (`zh-CN`) |",
        "| `signal` | 通常等级 | 标题（`en`） | 标题（`zh-CN`） |";
}
