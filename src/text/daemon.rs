//! Why the daemon does not start or does not get on, and what it says of itself to systemd and in the audit log.

sentences! { "daemon";
    // ---- a start
    does_not_start(why):
        "Lookout does not start: {why}",
        "Lookout 无法启动：{why}";
    and_one_more(first):
        "{first} (and 1 more problem)",
        "{first}（另有 1 个问题）";
    and_more(first, count):
        "{first} (and {count} more problems)",
        "{first}（另有 {count} 个问题）";
    next_attempt(count, seconds, folder):
        "attempt {count}; the next one in {seconds} s, or as soon as something in {folder} changes",
        "第 {count} 次尝试；{seconds} 秒后再试，{folder} 中的文件有改动时立即重试";
    not_started(why):
        "not started: {why}",
        "未启动：{why}";
    waiting(seconds, why):
        "waiting {seconds} s before the next start: {why}",
        "{seconds} 秒后重新启动：{why}";
    too_few_descriptors(allowed, cameras, sensors, needed):
        "this process may have {allowed} files and connections open, and {cameras} cameras and {sensors} sensors take at least {needed}",
        "本进程最多可打开 {allowed} 个文件和连接，而 {cameras} 路摄像机和 {sensors} 个传感器至少需要 {needed} 个";
    try_raise_limit(most):
        "raise the limit: `LimitNOFILE={most}` in the service, `ulimit -n {most}` in a shell, `--ulimit nofile={most}` in a container",
        "请提高上限：服务中用 `LimitNOFILE={most}`，命令行中用 `ulimit -n {most}`，容器中用 `--ulimit nofile={most}`";
    no_embedded_broker(why):
        "the embedded broker cannot start: {why}",
        "内置的 MQTT 服务器无法启动（{why}）";
    audit_unwritable(folder, detail):
        "the audit log in {folder} cannot be written: {detail}",
        "{folder} 中的审计日志无法写入（{detail}）";

    // ---- a part that does not get on
    alerts_stuck():
        "no answer on the way of an alert (analysis thread, alert writer, outbox)",
        "预警通路没有响应（分析线程、预警写入、队列）";
    mqtt_stuck():
        "the MQTT thread does not wake up",
        "MQTT 线程没有动静";
    workers_stuck():
        "frames wait and no worker looks at them",
        "有画面等待分析，却没有线程处理";
    cameras_stuck():
        "no camera delivers anything or is tried again",
        "没有摄像机出画面，也没有重新连接";

    // ---- files of its own
    file_unreadable(path, why):
        "{path}: {why}",
        "{path}（{why}）";
    file_moved(path, why, aside):
        "{path}: {why}, moved to {aside}",
        "{path}（{why}），已移到 {aside}";
    other_version(found, known):
        "it is of version {found}, and this program reads version {known}",
        "版本为 {found}，而本程序只识别版本 {known}";
    camera_damaged(camera):
        "what stands before camera `{camera}` is damaged",
        "摄像机 `{camera}` 的固定物记录已损坏";
    not_written_to(folder, detail):
        "it could not be written to {folder}: {detail}",
        "无法写入 {folder}（原文：{detail}）";

    // ---- pictures that are asked for
    too_many_pictures():
        "too many pictures are asked for at once; try again",
        "同时请求的图片太多，请稍后再试";
    no_picture_from(camera, within):
        "camera `{camera}` gave no picture within {within}",
        "摄像机 `{camera}` 在 {within} 内没有给出画面";

    // ---- in the audit log
    started(version, sha256, keys):
        "lookout {version}, configuration {sha256}, {keys} command keys",
        "lookout {version}，配置 {sha256}，{keys} 把命令密钥";
    config_from(sha256, source):
        "{sha256} ({source})",
        "{sha256}（{source}）";
    config_refused(sha256, source, running):
        "{sha256} ({source}); {running} goes on",
        "{sha256}（{source}）；继续使用 {running}";
    from_file():
        "file",
        "配置文件";
    file_not_read(path, why):
        "{path} cannot be read, so nothing is written into it: {why}",
        "{path} 无法读取，因此没有写入：{why}";
    file_was_edited(path):
        "{path} was edited meanwhile, so nothing is written into it: go back, look at the file, and make the change anew",
        "{path} 已被他人修改，因此没有写入：请撤回试运行，查看该文件后重新更改";
    unwritten_but(what, hint):
        "{what}. What to try: {hint}",
        "{what}。处理办法：{hint}";
    from_page():
        "page",
        "本机页面";
    from_centre(version):
        "remote, version {version}",
        "指挥中心下发，版本 {version}";
}
