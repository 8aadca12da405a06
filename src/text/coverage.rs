//! What is said of the coverage ledger: how long rules could have raised an alert, and what kept them from it.

sentences! { "coverage";
    // ---- the ledger
    no_line(error):
        "it is no line of a coverage ledger: {error}",
        "这不是值守台账的内容（原文：{error}）";
    torn(bytes):
        "{bytes} bytes of a line of the coverage ledger that was never finished were cut off",
        "值守台账中未写完的一行已截去，共 {bytes} 字节";
    is_damaged(what):
        "the coverage ledger is damaged and goes on: {what}",
        "值守台账已损坏，将继续记录：{what}";
    end_unknown():
        "whether lines are missing at the end cannot be said: `now.json` is gone or older than this version",
        "无法判断末尾是否缺行：`now.json` 不存在，或由旧版本写入";
    unwritten():
        "the coverage ledger cannot be written; hours are kept in memory meanwhile",
        "值守台账无法写入，已过去的小时暂存于内存";
    hours_lost():
        "the coverage ledger could not be written for too long; its oldest hours are lost",
        "值守台账长时间无法写入，最早的小时已丢失";
    falls_behind():
        "the coverage ledger waits for its disk; what is so meanwhile is unknown",
        "值守台账在等待磁盘，这段时间的情况不明";
    not_kept(folder, error):
        "no coverage ledger is kept in {folder}: {error}",
        "{folder} 中不保留值守台账：{error}";
    counts_lost():
        "the coverage of an hour was not published",
        "有一个小时的值守情况未能上报";
    counts_wait():
        "the coverage of an hour cannot be stored for the command centre yet; it is tried again",
        "有一个小时的值守情况暂时无法存入上报队列，将重试";
    none_in(folder):
        "there is no coverage ledger in {folder}",
        "{folder} 里没有值守台账";
    try_folder():
        "has the daemon run here? name its configuration with --config, or its data folder with --data; `[coverage] days = 0` keeps none",
        "请确认本机运行过守护程序；也可以用 --config 指定配置，或用 --data 指定数据目录。若写了 `[coverage] days = 0`，则不保留记录";
    unreadable(folder, error):
        "the coverage ledger in {folder} cannot be read: {error}",
        "无法读取 {folder} 里的值守台账：{error}";
    damaged(lines):
        "lines of the ledger that cannot be read: {lines}; what they said is missing below, and `lookout coverage --verify` says where",
        "台账中有 {lines} 行无法读取，其内容未计入下面的结果；用 `lookout coverage --verify` 可查出位置";
    try_as_service():
        "run the command as the user of the service: sudo -u lookout lookout coverage ..",
        "请以服务的用户运行：sudo -u lookout lookout coverage ……";
    unknown_camera(camera):
        "nothing is recorded of a camera `{camera}` in that time",
        "这段时间没有摄像机 `{camera}` 的记录";
    unknown_rule(rule):
        "nothing is recorded of a rule `{rule}` in that time",
        "这段时间没有规则 `{rule}` 的记录";
    try_names(names):
        "there are: {names}",
        "有记录的是：{names}";
    try_name(nearest, names):
        "did you mean `{nearest}`? there are: {names}",
        "是不是 `{nearest}`？有记录的是：{names}";
    nothing_recorded():
        "nothing is recorded of that time",
        "这段时间没有记录";
    not_both(camera, rule):
        "rule `{rule}` did not watch camera `{camera}` in that time",
        "这段时间规则 `{rule}` 没有用于摄像机 `{camera}`";
    try_other_time():
        "ask for a longer time: `--since 30d`",
        "可以查更长的时间：`--since 30d`";

    // ---- one rule at one camera
    covered(camera, rule, watched, wanted, percent):
        "camera `{camera}`, rule `{rule}`: could have reported in {watched} of {wanted} ({percent} %)",
        "摄像机 `{camera}`、规则 `{rule}`：{wanted} 中有 {watched} 能够报警（{percent}%）";
    never_in_force(camera, rule):
        "camera `{camera}`, rule `{rule}`: was not in force in that time",
        "摄像机 `{camera}`、规则 `{rule}`：这段时间不在布防时段";
    not_for(reasons): "not: {reasons}", "不能报警：{reasons}";
    for_long(length, state): "{length} {state}", "{state} {length}";
    out_of_schedule(length): "not in force, by its schedule: {length}", "按时段未布防：{length}";
    longest(gaps): "longest: {gaps}", "最长的几次：{gaps}";
    gap(from, until, length, state): "{from} to {until}: {length} {state}", "{from} 至 {until}：{state} {length}";
    recorded_from(at): "recorded from {at} on", "自 {at} 起有记录";
    went_forward(from, until):
        "the clock went from {from} to {until}: it was set, or nothing says how long the box was off; nothing is recorded in between",
        "时钟从 {from} 变为 {until}：被调整，或无法得知停机多久；其间没有记录";
    went_back(from, until):
        "the clock was set back from {from} to {until}: hours in between may be there twice",
        "时钟从 {from} 调回 {until}：其间的小时可能出现两次";
    was_not_kept(from, until):
        "no ledger was kept from {from} to {until}",
        "{from} 至 {until} 未保存值守台账";
    clock_was_set(day, hour, by): "{day} {hour}:00: the clock was set by {by}", "{day} {hour}:00：时钟被调整 {by}";
    forward(length): "{length} forward", "向前 {length}";
    back(length): "{length} back", "向后 {length}";
    legend(marks): "marks: {marks}", "图例：{marks}";
    mark(mark, meaning): "{mark} {meaning}", "{mark} {meaning}";
    whole_hour(): "the whole hour", "整小时";
    most_of_it(): "at least half of it", "至少半小时";
    nothing(): "(empty) nothing recorded", "（空）没有记录";
    blind(): "cannot see", "看不清";

    // ---- the states, in a few words
    watched(): "watched", "能够报警";
    not_in_force(): "not in force", "未布防";
    failing(): "detector failing", "检测出错";
    overloaded(): "overloaded", "盒子过载";
    not_running(): "not running", "程序未运行";
    unknown(): "unknown", "情况不明";
}
