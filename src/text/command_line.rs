//! What is wrong with the words of a command line, where that is said in place of the library that reads them.

sentences! { "command_line";
    // ---- help
    usage(usage):
        "Usage: {usage}",
        "用法：{usage}";
    commands():
        "Commands:",
        "命令：";
    arguments():
        "Arguments:",
        "参数：";
    options():
        "Options:",
        "选项：";
    usually(value):
        "default: {value}",
        "默认：{value}";
    one_of(values):
        "possible values: {values}",
        "可选：{values}";
    explained(help, more):
        "{help} [{more}]",
        "{help}（{more}）";

    // ---- what is not understood
    not_known(argument):
        "unexpected argument {argument}",
        "不认识 {argument}";
    no_such_command(command):
        "there is no command {command}",
        "没有命令 {command}";
    command_missing(commands):
        "the command is missing: {commands}",
        "缺少命令，可用的有 {commands}";
    missing(arguments):
        "{arguments} is missing",
        "缺少 {arguments}";
    not_together(argument, other):
        "{argument} cannot be used together with {other}",
        "{argument} 不能与 {other} 同时使用";
    not_twice(argument):
        "{argument} can be given once only",
        "{argument} 只能给出一次";
    value_missing(argument):
        "{argument} has no value",
        "缺少 {argument} 的值";
    value_unfit(argument, value):
        "{argument} cannot be {value}",
        "{argument} 不能是 {value}";
    value_unfit_because(argument, value, why):
        "{argument} cannot be {value}: {why}",
        "{argument} 不能是 {value}（{why}）";
    takes_no_value(argument):
        "{argument} takes no value",
        "{argument} 不带值";
    try_alone(argument):
        "write {argument} alone",
        "请只写 {argument}";
    values_miscounted(argument):
        "{argument} has too few values or too many",
        "{argument} 的值太少或太多";
    no_equals(argument):
        "{argument} needs a `=` before its value",
        "{argument} 的值前面须写 `=`";
    not_understood(detail):
        "the command line is not understood: {detail}",
        "无法理解该命令行（原文：{detail}）";
    // ---- what cannot be written
    unwritten(path, why):
        "{path} cannot be written: {why}",
        "{path} 无法写入：{why}";
    folder_not_made(path, why):
        "the folder {path} cannot be made: {why}",
        "目录 {path} 无法创建：{why}";
    try_other_place():
        "name a file in a folder that is there, that this user may write and that has room",
        "请写在一个已有、当前用户可写且有空间的目录中";
    // ---- what to try
    try_meant(meant):
        "did you mean {meant}?",
        "是否要写 {meant}？";
    try_values(values):
        "it can be {values}",
        "可以是 {values}";
    try_help():
        "`--help` says how the command is used",
        "加上 `--help` 可查看用法";
}
