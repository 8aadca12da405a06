//! What `lookout retune` says: what it judged, what the journal cannot say, and what can be wrong with what it is given.

sentences! { "retune";
    // ---- what was judged
    as_it_ran(path, configurations):
        "{path}, as it ran ({configurations} versions of it)",
        "{path}，按当时的运行情况（{configurations} 个版本）";
    judged_besides(cameras):
        "Judged as well, as they feed the same signals: {cameras}.",
        "为同一信号提供依据、因而一并判断的摄像机：{cameras}。";

    // ---- whether what ran gives again what was published
    nothing_was_published():
        "Nothing was published in this time, and the old configuration makes nothing of the journal.",
        "这段时间没有发出过预警，旧配置按日志重算也没有报警。";
    reproduced(alerts, revisions, digest):
        "The old configuration gives again what was published, byte for byte: alerts {alerts}, revisions {revisions}, digest {digest}.",
        "旧配置按日志重算，与当时发出的逐字节一致：预警 {alerts} 条，更新 {revisions} 次，摘要 {digest}。";
    also_of(others):
        "of these revisions some are of more alerts: {others}, which began before this time, are of cameras that are not asked about, or are tests",
        "其中部分更新属于另外 {others} 条预警：它们在此时段之前开始、属于未查询的摄像机，或是测试预警";
    not_reproduced(same, revisions, alerts):
        "The old configuration gives again {same} of {revisions} revisions that were published, byte for byte (alerts: {alerts}). The comparison is with what it gives again.",
        "旧配置按日志重算，当时发出的 {revisions} 次更新中有 {same} 次逐字节一致（预警 {alerts} 条）。对比以重算的结果为准。";
    not_made_again(count, why): "alerts not given again: {count}, {why}", "未能重现的预警 {count} 条：{why}";
    not_published(count, why):
        "alerts given that were not published: {count}, {why}",
        "重算出而当时没有发出的预警 {count} 条：{why}";
    began_before():
        "what was open before the part of the journal that was read is not known",
        "所读日志之前已有哪些预警，无从得知";
    not_compared_as_before(count):
        "alerts that had begun before the part of the journal that was read, which are not compared: {count}",
        "开始时间早于所读日志、因此不作对比的预警 {count} 条";
    not_compared_near_a_break(count):
        "differences shortly after a place where the box was killed or records are missing, which are left out: {count}",
        "因程序被终止或记录缺失而略去的差异 {count} 处";
    near_a_break():
        "records are missing before them, or the box was switched off or killed",
        "此前有记录缺失，或设备断电、程序被终止";
    not_known(): "for a reason that is not known", "原因不明";
    other_software(version, own):
        "version {version} wrote the journal, this is {own}: another version may decide otherwise",
        "日志由版本 {version} 写入，本程序为 {own}：不同版本的判断可能不同";

    // ---- what is missing in the journal
    begins_later(begins, from):
        "The journal begins at {begins}: judged from {from} on.",
        "日志自 {begins} 开始：从 {from} 起判断。";
    ends_earlier(to): "The journal ends at {to}.", "日志到 {to} 为止。";
    was_off(off): "The box was off for {off} of this time, which counts for no day.", "其间设备停机 {off}，按天计算时不计入。";
    gaps(count): "Places where records are missing: {count}. Alerts near them may differ.", "日志有 {count} 处缺失，其附近的预警可能有出入。";
    killed(count):
        "Times that the daemon was killed, or the power went: {count}. Up to half a minute before each is missing, and what was published in it is not compared.",
        "守护程序被终止或断电的次数：{count}。每次之前最多半分钟的记录缺失，其间发出的预警未作对比。";
    killed_after(at): "the last record before it is of {at}", "此前的最后一条记录是 {at}";
    gap_at(at, why): "{at}: {why}", "{at}：{why}";
    gap_between(last, at, why): "from {last} to {at}: {why}", "{last} 至 {at}：{why}";
    gap_after(last, why): "after {last}: {why}", "{last} 之后：{why}";

    // ---- what the journal cannot say
    cannot_say():
        "What a judgement from the journal cannot say:",
        "按日志判断的局限：";
    never_looked_at(cameras):
        "nothing is known of {cameras}: the old configuration does not have them",
        "旧配置中没有 {cameras}，日志中没有其记录";
    looked_at_more_seldom(cameras):
        "{cameras} would be looked at more often than they were",
        "{cameras} 的分析频率将高于当时";
    lower_threshold(class, cameras):
        "the threshold for {class} is lower than it was on {cameras}: what was less sure than the detector was asked for is not in the journal, so more alerts may come than are listed",
        "{cameras} 上 {class} 的阈值低于当时：当时低于检测下限的目标未记入日志，实际预警可能多于所列";
    other_model(old, new):
        "the detections are those of the model `{old}`; what `{new}` finds is not known",
        "检测结果来自模型 `{old}`；`{new}` 会检出什么无从得知";

    // ---- what can be wrong
    no_journal(folder):
        "there is no detection journal in {folder}",
        "{folder} 中没有检测日志";
    try_journal():
        "the daemon writes it while it runs; name the data folder of the box with --data, and see `journal` in the configuration reference",
        "守护程序在运行时写入；请用 --data 指明盒子的数据目录，并参阅配置参考中的 `journal`";
    nothing_readable(folder, files):
        "nothing can be read of the detection journal in {folder}:{files}",
        "{folder} 中的检测日志完全无法读取：{files}";
    try_readable_files():
        "files that this user may not read are read with sudo, or as the service's user; damaged ones are copied again where they came from, or deleted: each hour is a file of its own",
        "无权读取的文件，请使用 sudo 或以服务账号运行；已损坏的文件，请重新复制，或删除：每小时一个文件，互不影响";
    unreadable(folder, why):
        "the detection journal in {folder} cannot be read: {why}",
        "无法读取 {folder} 中的检测日志：{why}";
    try_as_service(folder):
        "run it with sudo, or as the service's user; `ls -ld {folder}` shows whose it is",
        "请使用 sudo，或以服务账号运行；用 `ls -ld {folder}` 可以查看它属于谁";
    too_short(from, to):
        "the detection journal has too little from {from} to {to} to judge anything",
        "检测日志在 {from} 至 {to} 之间的记录太少，无法判断";
    too_short_and(what, files): "{what}:{files}", "{what}：{files}";
    try_later(begins):
        "it begins at {begins}: ask about a later time",
        "日志自 {begins} 开始：请改查更晚的时段";
    try_earlier(ends):
        "it ends at {ends}: ask about an earlier time, or see whether the daemon still runs",
        "日志到 {ends} 为止：请改查更早的时段，或查看守护程序是否仍在运行";
    try_longer(begins, ends):
        "it has records from {begins} to {ends}, the first minutes of a run not counted: ask about more of that time, or wait until more is recorded",
        "日志的记录从 {begins} 到 {ends}（每次运行的头几分钟不计）：请查询其中更长的时段，或等积累更多记录后再试";
    unknown_camera(camera):
        "neither configuration has a camera `{camera}`",
        "两份配置中都没有摄像机 `{camera}`";
    try_cameras(cameras): "there are {cameras}", "已有的摄像机：{cameras}";
    old_unreadable(path, problems):
        "the configuration that ran ({path}) cannot be read by this version any more:\n{problems}",
        "本版本已无法读取当时运行的配置（{path}）：\n{problems}";
    try_after_upgrade():
        "ask about the time since the upgrade: --from TIME",
        "请改查升级之后的时段：--from TIME";
    ends_before_it_begins(from, to):
        "the time from {from} to {to} ends before it begins",
        "时段 {from} 至 {to} 的结束早于开始";
    try_turning(): "turn --from and --to around", "请对调 --from 和 --to";
    stopped(): "it was stopped before it was done", "尚未完成即被停止";
    left(time): "{time} left", "剩余 {time}";
    report_written(path): "the report is in {path}", "报告已写入 {path}";
}
