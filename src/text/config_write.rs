//! Why the configuration or a secret cannot be written, and what to try.

sentences! { "config_write";
    try_open_folder(user, group, folder):
        "let the user `{user}` write there: chgrp {group} {folder} && chmod 770 {folder}",
        "请允许账号 `{user}` 写入：chgrp {group} {folder} && chmod 770 {folder}";
    try_own_folder(folder):
        "let the user that runs the service write into {folder}",
        "请允许运行服务的账号写入 {folder}";
    try_writable(folder):
        "the service may not write there: run `systemctl edit lookout` and put the lines `[Service]` and `ReadWritePaths={folder}` there, then restart it",
        "服务不允许写入该处：请运行 `systemctl edit lookout`，加入 `[Service]` 和 `ReadWritePaths={folder}` 两行，再重启服务";
    led_away(path):
        "nothing was written: {path} is a link in a folder that the service may change, and root does not follow it",
        "没有写入：{path} 是服务可更改的文件夹中的一个链接，root 不跟随该链接";
    try_without_link():
        "check who made the link; where it is meant, name what it leads to",
        "请核实该链接由谁创建；如属有意，请直接写明它指向的位置";
    try_room(): "make room on the disk", "请腾出磁盘空间";
}
