//! What people read of the detection journal: what is missing in it, what cannot be repeated from it, and why it is not
//! written.

sentences! { "journal";
    overflow(records):
        "the disk was slower than the cameras: {records} records of the journal were given up",
        "磁盘跟不上摄像机：日志放弃了 {records} 条记录";
    damaged(file, offset):
        "{file} is damaged at byte {offset}; that part is left out",
        "{file} 在第 {offset} 字节处损坏，该部分已略过";
    torn(file, offset):
        "{file} ends within a block at byte {offset}: the box was switched off or killed while it wrote",
        "{file} 在第 {offset} 字节处中断：写入时设备断电或程序被终止";
    other_format(file, found, known):
        "{file} has journal format {found}, this program reads format {known} only; it is left out, and goes when it is too old",
        "{file} 的日志格式为 {found}，本程序只能读取格式 {known}；已略过，过期后自动删除";
    empty(file):
        "{file} is empty, or cut off before its first record: the disk was full, or the box was switched off while it wrote",
        "{file} 是空文件，或在第一条记录之前就中断：写入时磁盘已满或设备断电";
    no_journal_file(file):
        "{file} is damaged at its beginning, or is no file of the journal: all of it is left out",
        "{file} 开头已损坏，或不是日志文件：整个文件已略过";
    unreadable(file, why):
        "{file} cannot be read: {why}",
        "{file} 无法读取：{why}";
    copies(files):
        "There are copies of journal files; each is read once, and these are left out: {files}.",
        "日志文件有重复副本；每个只读一次，以下已略过：{files}。";
    dropped(files):
        "{files} files of the journal in between are gone: dropped for room, or deleted",
        "中间缺少 {files} 个日志文件：因空间不足被清除，或已被删除";
    not_written(records):
        "the disk was full or refused to write: {records} records of the journal were given up",
        "磁盘已满或拒绝写入：日志放弃了 {records} 条记录";
    pictures_as_asked():
        "pictures are not kept: whether the picture changes under a flame, and how people move within their boxes, is known where the rules of that time asked",
        "画面不予保存：火焰处画面是否变化、人在检测框内如何动作，只在当时的规则询问过的地方才知道";
    furniture_as_learnt():
        "what never moves is left out as it was learnt with the configuration of that time",
        "从不移动的物体按当时配置下学到的结果略去";
    looks_as_taken():
        "only frames that were looked at then can be judged: a rule that needs more looks does not get them",
        "只能判断当时分析过的画面：需要更频繁分析的规则得不到更多画面";
    without_evidence():
        "pictures of alerts are not made again: a revision that only adds a picture is not repeated",
        "不会重新生成预警图片：仅补充图片的更新不会重现";
    not_kept(folder, detail):
        "the detection journal is not written in {folder}: {detail}",
        "检测日志未能写入 {folder}（原文：{detail}）";
    kept_again(folder):
        "the detection journal is written in {folder} again",
        "检测日志已恢复写入 {folder}";
    no_room(free_mib, least_mib):
        "{free_mib} MiB are free on the disk, less than the {least_mib} MiB that the journal leaves to others",
        "磁盘剩余 {free_mib} MiB，少于日志须留给其他用途的 {least_mib} MiB";
}
