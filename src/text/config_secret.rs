//! Why there is no login: what is wrong with a secret file, or with a file that cannot be read, and what to try. Commands
//! are the caller's.

sentences! { "config_secret";
    // ---- what the configuration says
    user_with_colon():
        "`user` holds a colon",
        "`user` 中有冒号";
    no_password_here():
        "a password never stands in the configuration: put `user:password` into a secret file",
        "密码不能写在配置里：请把 `user:password` 写入密码文件";
    user_without_secret():
        "`user` without `secret`",
        "有 `user`，却没有 `secret`";
    name_the_file():
        "put the password into a file in the secrets folder and name it: secret = \"FILE\"",
        "请把密码写入密码目录中的文件，并写出文件名：secret = \"FILE\"";
    no_name_of_a_file():
        "`secret` must be the name of a file in the secrets folder",
        "`secret` 须是密码目录中的文件名";
    what_names_hold():
        "letters, digits, `-`, `_` and `.`; the password itself stands in that file, not here",
        "只用字母、数字、`-`、`_` 和 `.`；密码本身写在该文件里，不写在这里";

    // ---- what is wrong with the file
    missing(path):
        "the secret file {path} is not there",
        "密码文件 {path} 不存在";
    too_open(path, mode):
        "the secret file {path} can be read by other users (mode {mode})",
        "密码文件 {path} 可被其他用户读取（权限 {mode}）";
    unreadable(path, detail):
        "the secret file {path} cannot be read: {detail}",
        "密码文件 {path} 无法读取（原文：{detail}）";
    malformed(path, why):
        "the secret file {path} {why}",
        "密码文件 {path} {why}";
    several_lines():
        "has more than one line",
        "不止一行";
    no_pair():
        "holds no `user:password` (give `user` in the configuration if it holds only the password)",
        "里没有 `user:password`（如果文件只存密码，请在配置中写 `user`）";
    nothing_in_it():
        "holds no user or no password",
        "里缺少用户名或密码";
    no_file():
        "is no file",
        "不是普通文件";
    too_long(bytes):
        "is longer than {bytes} bytes",
        "超过 {bytes} 字节";
    no_text():
        "is no text in UTF-8",
        "不是 UTF-8 文本";
    one_line(command):
        "it holds `user:password` on one line: {command}",
        "文件内容是一行 `user:password`：{command}";

    one_token(least, command):
        "it holds a token of at least {least} characters on one line: openssl rand -hex 24 | {command}",
        "文件内容是一行令牌，至少 {least} 个字符：`openssl rand -hex 24 | {command}`";

    // ---- whom a file is closed to
    the_user(name):
        "the user `{name}`",
        "用户 `{name}`";
    the_runner():
        "the user that runs Lookout",
        "运行 Lookout 的用户";
    shows_who_may(path):
        "`ls -ld {path}` shows who may",
        "用 `ls -ld {path}` 可查看谁有权限";
    in_a_home(who, folder):
        "{who} does not reach people's own folders: put it below {folder}",
        "个人目录未开放给{who}：请放到 {folder} 下";
    then(what, command):
        "{what}: {command}",
        "{what}：{command}";
    folder_closed(folder, who, how):
        "the folder {folder} is closed to {who}: {how}",
        "目录 {folder} 未开放给{who}：{how}";
    may_not_read(who, how):
        "{who} may not read it: {how}",
        "该文件未开放给{who}：{how}";
}
