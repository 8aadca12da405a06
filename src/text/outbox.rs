//! What can go wrong with the queue on disk, and what to try.

sentences! { "outbox";
    directory(dir, detail):
        "cannot use the outbox directory {dir}: {detail}",
        "队列目录 {dir} 无法使用（原文：{detail}）";
    try_directory():
        "it must exist or be creatable, and be writable by the user lookout runs as",
        "该目录须已存在或能够创建，且运行 lookout 的用户可写";
    in_use(path):
        "the outbox {path} is in use by another process",
        "队列 {path} 正被另一个进程使用";
    try_one_process():
        "is lookout already running (`systemctl status lookout`)?",
        "lookout 是否已在运行（`systemctl status lookout`）？";
    read_only(path):
        "the outbox {path} is read-only",
        "队列 {path} 是只读的";
    try_dmesg():
        "a worn flash card turns read-only; see `dmesg`, and `ls -l` for its owner",
        "磨损的存储卡会变为只读，请查看 `dmesg`；用 `ls -l` 可查看文件属于谁";
    disk_full(path, doing):
        "no room on the disk for the outbox {path} ({doing})",
        "磁盘空间不足，队列 {path} 无法写入（操作：{doing}）";
    try_free_space(path):
        "free some space; see `df -h {path}`",
        "请腾出空间；可用 `df -h {path}` 查看";
    too_new(path, found, known):
        "the outbox {path} has format {found}, this program knows {known}",
        "队列 {path} 的格式为 {found}，本程序只识别到 {known}";
    try_newer():
        "it was written by a newer lookout; use that one",
        "它由更新版本的 lookout 写入；请使用那个版本";
    message(topic, detail):
        "a message for {topic} cannot be built: {detail}",
        "发往 {topic} 的消息无法生成（原文：{detail}）";
    empty(topic):
        "a message for {topic} is empty",
        "发往 {topic} 的消息是空的";
    no_consumer(name):
        "the outbox knows no consumer `{name}`",
        "队列没有名为 `{name}` 的接收方";
    too_large(topic, bytes, max):
        "a message for {topic} has {bytes} bytes, at most {max} are allowed",
        "发往 {topic} 的消息有 {bytes} 字节，最多允许 {max} 字节";
    sqlite(path, doing, detail):
        "the outbox {path} failed ({doing}): {detail}",
        "队列 {path} 出错（操作：{doing}；{detail}）";
    record_not_there():
        "its index names a record that is not there",
        "索引指向的记录不存在";
    unknown_format():
        "no program writes such a format",
        "格式编号无效";
    other_program():
        "it is another program's database",
        "这是其他程序的数据库";
    untold_unreadable():
        "what is still to be told cannot be read",
        "尚未说明的缺号无法读取";
    progress_lost():
        "it does not know how far its records got",
        "缺少记录的发送进度";
    number_not_given():
        "it holds numbers that it says it has not given",
        "其中的编号超出了已分配的范围";
    file(path, doing, detail):
        "the outbox file {path} failed ({doing}): {detail}",
        "队列文件 {path} 出错（操作：{doing}；原文：{detail}）";
    panicked(detail):
        "making a message for the outbox failed: {detail}",
        "为队列生成消息时出错（原文：{detail}）";
    internal(detail):
        "the outbox failed by itself (a bug): {detail}",
        "队列自身出错（程序错误，原文：{detail}）";
    silent_panic():
        "a panic without words",
        "程序异常，没有说明";
    closed():
        "the outbox is closed",
        "队列已关闭";
}
