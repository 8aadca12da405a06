//! What `lookout secret set` asks and says.

sentences! { "secret_file";
    no_name():
        "this is no name of a secret",
        "这不能用作密码文件的名称";
    try_name():
        "letters, digits, `-`, `_` and `.`, for example cam-03; the password is asked for",
        "只用字母、数字、`-`、`_` 和 `.`，例如 cam-03；密码会另外询问";
    try_sudo():
        "with sudo",
        "请加上 sudo";
    wrote(path, readers):
        "wrote {path}: {readers}",
        "已写入 {path}：{readers}";
    service_reads(user):
        "root and the service's user `{user}` can read it",
        "root 和服务账号 `{user}` 可以读取";
    you_alone():
        "you alone can read it",
        "只有您可以读取";
    input_unread(error):
        "the secret cannot be read from standard input: {error}",
        "无法从标准输入读取密码或令牌（原文：{error}）";
    terminal_unread(error):
        "the terminal cannot be read: {error}",
        "无法从终端读取（原文：{error}）";
    ask_user():
        "user (empty: only a password or a token):",
        "用户名（只有密码或令牌时留空）：";
    ask_password():
        "password:",
        "密码：";
    colon_in_user():
        "a user's name holds no colon",
        "用户名中不能有冒号";
    empty():
        "the secret is empty",
        "密码或令牌是空的";
    several_lines():
        "the secret has more than one line",
        "密码或令牌不止一行";
    too_long(bytes):
        "the secret is longer than {bytes} bytes",
        "密码或令牌超过 {bytes} 字节";
    try_one_line():
        "one line, `user:password` or a token",
        "须是一行，`user:password` 或令牌";
}
