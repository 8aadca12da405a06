//! What an argument of a command names and what cannot be used: a file, a folder, a key, an alert.

use crate::types::not_a_file::NotAFile;

sentences! { "argument";
    // ---- files and folders
    unread(what, why):
        "{what} cannot be read: {why}",
        "{what} 无法读取：{why}";
    the_configuration(path):
        "the configuration {path}",
        "配置文件 {path}";
    no_such_file():
        "there is no such file",
        "没有这个文件";
    try_name():
        "check the name and the folder",
        "请检查文件名和所在的目录";
    may_not_read():
        "this user may not read it",
        "当前用户无权读取";
    try_owner(path):
        "`ls -l {path}` shows whose it is",
        "用 `ls -l {path}` 可以查看它属于谁";
    is_folder():
        "it is a folder",
        "这是一个目录";
    no_text():
        "it is no text in UTF-8",
        "不是 UTF-8 文本";
    try_file_in_it():
        "name the file in it",
        "请写出其中的文件";
    is_pipe():
        "it is a pipe and no file",
        "这是管道，不是文件";
    is_silent_pipe(secs):
        "it is a pipe, and nobody wrote into it for {secs} s",
        "这是管道，{secs} 秒内没有程序写入";
    is_socket():
        "it is a socket and no file",
        "这是套接字，不是文件";
    is_device():
        "it is a device and no file",
        "这是设备，不是文件";
    try_plain_file():
        "name the file itself",
        "请写出文件本身";
    try_own_input():
        "name the file itself; what another program prints is read from /dev/stdin",
        "请写出文件本身；其他程序的输出可以经 /dev/stdin 读入";
    system_says(error):
        "{error}",
        "系统报告错误（原文：{error}）";
    try_right_file():
        "is it the right file?",
        "请确认是否选对了文件";
    folder_not_made(option, folder, why):
        "{option}: the folder {folder} cannot be made: {why}",
        "{option}：目录 {folder} 无法创建：{why}";
    try_own_folder():
        "name a folder that this user may write",
        "请写出当前用户可写的目录";
    not_a_folder(option, path):
        "{option} must name a folder, and {path} is a file",
        "{option} 须是目录，而 {path} 是文件";
    try_other_folder():
        "name another one; where it is not there it is made",
        "请换一个；目录不存在时会自动创建";
    may_not_write():
        "this user may not write there",
        "当前用户无权在该处写入";
    part_is_file():
        "a part of its path is a file",
        "路径中有一段是文件";
    no_such_folder():
        "there is no such folder",
        "没有这个目录";
    disk_full():
        "the disk is full",
        "磁盘已满";
    read_only():
        "the disk is read-only",
        "磁盘是只读的";
    output_unwritable(error):
        "standard output cannot be written: {error}",
        "无法写入标准输出（原文：{error}）";

    language_expected():
        "zh-CN (or zh) or en",
        "zh-CN（可写 zh）或 en";

    // ---- a private key
    key(path):
        "the key {path}",
        "密钥 {path}";
    no_key(key, error):
        "{key}: {error}",
        "{key} 不可用：{error}";
    key_is_open(key, mode):
        "{key} can be read by other users (mode {mode})",
        "{key} 可被其他用户读取（权限 {mode}）";
    try_close_key(path):
        "chmod 600 {path}; if others may have read it, make another and take this one out of the boxes",
        "chmod 600 {path}；如果可能已被他人读取，请另做一把，并从各盒子的配置中去掉这一把";
    try_make_key():
        "`lookout keys make NAME --role desk --out DIR` makes one, the file DIR/NAME.jwk",
        "用 `lookout keys make NAME --role desk --out DIR` 制作，私钥是其中的文件 DIR/NAME.jwk";
    key_is_empty():
        "the file is empty; is it the right one?",
        "文件是空的，请确认是否选对了文件";
    key_is_pem(make):
        "this is a key or certificate in PEM, which signs no commands; {make}",
        "这是 PEM 格式的密钥或证书，不能用来签名命令；{make}";
    key_is_public(make):
        "this is the public half, for the box's configuration; {make}",
        "这是写进盒子配置的公钥；{make}";
    try_key_in_folder():
        "name the file NAME.jwk that `lookout keys make` wrote",
        "请写出 `lookout keys make` 生成的文件 NAME.jwk";
    keys_in_folder(keys):
        "in it there are {keys}",
        "其中有 {keys}";

    // ---- an alert
    alert_file(path):
        "the alert in {path}",
        "预警文件 {path}";
    no_alert_message(path, error):
        "{path}: this is no alert message: {error}",
        "{path}：这不是预警消息（原文：{error}）";
    try_alert_message():
        "an alert is a message of the topic up/alert, with `data.alert_id` and the rest",
        "预警是主题 up/alert 上的消息，含有 `data.alert_id` 等字段";
    other_messages(count):
        "messages of other kinds, which are not explained: {count}",
        "未解释的其他消息：{count} 条";
    no_alert(path):
        "{path}: there is no alert in it",
        "{path}：其中没有预警";
    try_replay():
        "an alert is a message of the topic up/alert, as `lookout replay` prints it",
        "预警是主题 up/alert 上的消息，`lookout replay` 打印的就是这样的消息";
}

/// Why a file that was named cannot be read.
pub(crate) fn why_unread(error: &std::io::Error) -> super::Sentence {
    if let Some(not_a_file) = NotAFile::of(error) {
        return match not_a_file {
            NotAFile::Pipe => is_pipe(),
            NotAFile::SilentPipe(secs) => is_silent_pipe(secs),
            NotAFile::Socket => is_socket(),
            NotAFile::Device => is_device(),
        };
    }
    match error.kind() {
        std::io::ErrorKind::NotFound => no_such_file(),
        std::io::ErrorKind::PermissionDenied => may_not_read(),
        std::io::ErrorKind::IsADirectory => is_folder(),
        std::io::ErrorKind::InvalidData => no_text(),
        _ => system_says(error.to_string()),
    }
}

/// What to try where a file that was named cannot be read, and it is not its name, its rights or a folder.
pub(crate) fn hint_unread(error: &std::io::Error) -> super::Sentence {
    match NotAFile::of(error) {
        Some(NotAFile::SilentPipe(_)) => try_own_input(),
        Some(NotAFile::Pipe | NotAFile::Socket | NotAFile::Device) => try_plain_file(),
        None => try_right_file(),
    }
}

/// Why something cannot be written.
pub(crate) fn why_unwritten(error: &std::io::Error) -> super::Sentence {
    match error.kind() {
        std::io::ErrorKind::NotFound => no_such_folder(),
        std::io::ErrorKind::PermissionDenied => may_not_write(),
        std::io::ErrorKind::NotADirectory => part_is_file(),
        std::io::ErrorKind::IsADirectory => is_folder(),
        std::io::ErrorKind::StorageFull => disk_full(),
        std::io::ErrorKind::ReadOnlyFilesystem => read_only(),
        _ => system_says(error.to_string()),
    }
}
