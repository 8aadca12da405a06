//! Backups: what is wrong with one, and what the commands ask and say.

sentences! { "backup";
    // ---- why there is none
    unread(path, why):
        "{path} cannot be read: {why}",
        "{path} 无法读取：{why}";
    file(path):
        "the backup {path}",
        "备份文件 {path}";
    try_sudo():
        "with sudo",
        "请加上 sudo";
    too_long(path):
        "{path} is longer than anything that belongs into a backup",
        "{path} 过大，不像备份中应有的文件";
    weak(least):
        "the passphrase has fewer than {least} characters",
        "口令不足 {least} 个字符";
    try_words():
        "four or five words that do not belong together; whoever has the file can try passphrases at their leisure",
        "可用四五个互不相干的词；拿到文件的人可以不受限制地尝试口令";
    unsealed(why):
        "the backup cannot be sealed: {why}",
        "备份无法加密（原文：{why}）";

    // ---- why one cannot be used
    no_backup():
        "this is no backup of Lookout",
        "这不是 Lookout 的备份";
    try_right_file():
        "the file that `lookout backup` or the page made; its name ends in `.backup.age`",
        "应为 `lookout backup` 或页面生成的文件，文件名以 `.backup.age` 结尾";
    not_opened():
        "the backup does not open: the passphrase is another one, or the file is damaged",
        "备份无法打开：口令不对，或文件已损坏";
    try_passphrase():
        "type the passphrase again; without it nobody opens the file",
        "请重新输入口令；没有口令，任何人都无法打开";
    too_much_work():
        "opening this file would take more memory than Lookout spends on that; it was not made by Lookout",
        "打开该文件所需内存超过 Lookout 的限度；它不是 Lookout 生成的";
    not_whole():
        "the passphrase is right, and what was sealed is no backup of Lookout",
        "口令正确，但其中的内容不是 Lookout 的备份";
    newer(format):
        "the backup is of a later version of Lookout (format {format})",
        "备份来自更新版本的 Lookout（格式 {format}）";
    try_newer_program():
        "install that version first",
        "请先安装该版本";
    no_place(name):
        "the backup holds `{name}`, which has no place on a box with its configuration; nothing was written",
        "备份中有 `{name}`，其配置中没有它的位置；没有写入任何内容";

    // ---- the commands
    ask_new():
        "a passphrase for the backup:",
        "为备份设置口令：";
    ask_again():
        "once more:",
        "再次输入：";
    ask():
        "the passphrase of the backup:",
        "备份的口令：";
    not_the_same():
        "the two are not the same",
        "两次输入不一致";
    try_again():
        "run the command again",
        "请重新执行命令";
    is_there(path):
        "{path} is there already",
        "{path} 已存在";
    try_other_name():
        "another name; a backup never takes the place of a file",
        "请换一个文件名；备份不会覆盖已有文件";
    made(path, count, box_name):
        "wrote {path}: {count} files of {box_name}, sealed. Keep it and the passphrase apart from each other and from the box.",
        "已写入 {path}：{box_name} 的 {count} 个文件，已加密。请把它与口令分开保存，且不要放在盒子上。";
    found(box_name, made_at, version):
        "a backup of {box_name}, made at {made_at} by Lookout {version}",
        "{box_name} 的备份，于 {made_at} 由 Lookout {version} 生成";
    is_new(path):
        "new: {path}",
        "新增：{path}";
    is_same(path):
        "the same already: {path}",
        "已相同：{path}";
    is_replaced(path):
        "would be replaced: {path}",
        "将被替换：{path}";
    was_written(path):
        "wrote {path}",
        "已写入 {path}";
    would_replace(count):
        "{count} files that are here would be replaced; nothing was written",
        "将替换现有的 {count} 个文件；没有写入任何内容";
    is_elsewhere(path):
        "new, outside of the configuration's folder: {path}",
        "新增，位于配置文件夹之外：{path}";
    would_go_elsewhere(replaced, elsewhere):
        "files that are here and would be replaced: {replaced}; files that would be written outside of the configuration's folder: {elsewhere}; nothing was written",
        "将替换现有的 {replaced} 个文件，将在配置文件夹之外写入 {elsewhere} 个文件；没有写入任何内容";
    try_replace():
        "look at the list; `--replace` does it. `lookout backup` makes a backup of what is here first",
        "请核对以上清单，确认后加 `--replace` 执行；可先用 `lookout backup` 备份现有内容";
    only_checked():
        "the backup is sound; nothing was written (`--check`)",
        "备份完好；没有写入任何内容（`--check`）";
    restored():
        "restored. What the configuration says counts at once where the service runs; keys count after `sudo systemctl restart lookout`.",
        "已恢复。服务运行时配置立即生效；密钥在 `sudo systemctl restart lookout` 之后生效。";
    nothing_to_do():
        "everything is here already as it is in the backup",
        "现有内容与备份完全相同";
}
