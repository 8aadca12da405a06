//! What `lookout why-not` says: which stage kept a rule from raising an alert, by how much, and what to try.

sentences! { "why_not";
    about(camera, rule, condition, at):
        "camera `{camera}`, rule `{rule}` ({condition}), {at}",
        "摄像机 `{camera}`，规则 `{rule}`（{condition}），{at}";
    looked(looks, from, to):
        "pictures looked at from {from} to {to}: {looks}",
        "{from} 至 {to} 分析了 {looks} 幅画面";

    // ---- the stages
    raised(alert, started, rule):
        "there was an alert at that time: {alert} of the rule `{rule}`, begun at {started}",
        "当时已报警：规则 `{rule}` 的预警 {alert}，开始于 {started}";
    raised_unknown(): "there was an alert of this rule at that time", "该规则当时已报警";
    would_be_raised(started):
        "with this configuration there is an alert of this rule at that time, begun at {started}",
        "按此配置，该规则当时会报警，开始于 {started}";
    muted(by, until, reason):
        "there was an alert of this rule at that time, and {by} had muted it until {until}: {reason}",
        "该规则当时已报警，但 {by} 已将其静音至 {until}：{reason}";
    switched_off(since):
        "the command centre had switched the rule off; it was off at {since}, and is until it is switched on again",
        "指挥中心已停用该规则；{since} 时已停用，直到重新启用为止";
    out_of_schedule(): "the rule was not in force at that time, and is never", "规则当时不在布防时段，也没有任何布防时段";
    out_of_schedule_until(next):
        "the rule was not in force at that time; the next time it was from {next}",
        "规则当时不在布防时段，下一次布防从 {next} 开始";
    silent(since): "the camera gave no video since {since}", "摄像机自 {since} 起没有视频";
    blind(conditions): "the camera could not be relied on: {conditions}", "摄像机画面不可信：{conditions}";
    not_recorded(): "nothing is recorded of that time", "这段时间没有记录";
    not_decoded(seconds):
        "no picture was looked at for {seconds} s around that time",
        "该时刻前后 {seconds} 秒内没有分析任何画面";
    not_needed(count): "pictures that no rule asked for: {count}", "没有规则需要的画面：{count} 幅";
    given_up(count): "pictures that were due and given up, as the box was overloaded: {count}", "因盒子过载而放弃的画面：{count} 幅";
    nothing_moved(looks):
        "nothing moved in the picture: {looks} pictures in a row were like the one before, so none was looked at anew",
        "画面中没有动静：连续 {looks} 幅与之前相同，没有重新检测";
    not_found(classes, looks):
        "no {classes} was found in {looks} pictures, be it with the lowest score",
        "{looks} 幅画面中都没有检出{classes}，分数再低的也没有";
    found_instead(classes): "found instead: {classes}", "检出的是：{classes}";
    below_threshold(class, best, threshold, by):
        "{class} was found with {best} at the most, and the threshold is {threshold}: {by} too little",
        "检出了{class}，最高分数 {best}，阈值为 {threshold}，差 {by}";
    seen_once(class):
        "{class} was found in one picture only, which may be a mistake: it takes two",
        "只在一幅画面中检出{class}，可能是误检：至少须有两幅";
    implausible(class): "{class} was found, and left out: no such thing has a box like that", "检出了{class}，但检测框不合常理，已略去";
    masked(class): "{class} was found within a mask", "检出了{class}，但位于遮罩内";
    wrong_height(class): "{class} was found, and left out: smaller or larger than the camera's `heights` allow", "检出了{class}，但大小超出摄像机 `heights` 的限制，已略去";
    off_horizon(class): "{class} was found, and left out: too small or too large for where it stood (`horizon`)", "检出了{class}，但以其所在位置（`horizon`）来说过小或过大，已略去";
    furniture(class): "{class} was found, and left out: it had not moved for days", "检出了{class}，但多日未动，按固定物略去";
    outside(class, place, percent):
        "{class} was found outside `{place}`, {percent} % of the picture away from it at the nearest",
        "检出了{class}，但在 `{place}` 之外，最近处相距画面的 {percent} %";
    too_small(class, height, least):
        "{class} was {height} % of the picture tall, and the rule takes {least} % and more",
        "{class}高为画面的 {height} %，规则要求不低于 {least} %";
    too_large(class, height, most):
        "{class} was {height} % of the picture tall, and the rule takes {most} % and less",
        "{class}高为画面的 {height} %，规则要求不高于 {most} %";
    too_short(lasted, needed, by):
        "it lasted {lasted}, and the rule waits for {needed}: {by} too short",
        "持续了 {lasted}，规则要求 {needed}，差 {by}";
    too_little(value, parameter, needed):
        "{value} was measured at the most, and the rule waits for `{parameter}` of {needed}",
        "测得的最大值为 {value}，规则要求 `{parameter}` 达到 {needed}";
    not_crossed(condition):
        "nobody and nothing crossed the line as the rule waits for it ({condition})",
        "没有目标按规则要求的方式越线（{condition}）";
    cool_down(left):
        "an alert of this rule had ended shortly before: its cool-down lasted {left} still",
        "该规则的上一条预警刚结束，冷却时间还剩 {left}";
    below_level(belief, needed):
        "the rule said yes, and the belief in its signal came to {belief}; an alert begins at {needed}",
        "规则已满足，但信号的可信度只到 {belief}，报警须达到 {needed}";
    unknown():
        "no stage said no; the alert may have been of another time, or of another kind",
        "没有哪个环节否决；预警可能在别的时间，或属于别的类型";

    // ---- what to try
    try_unmute(): "end it before its time with `mute` and `for_secs = 0`", "可用 `mute` 命令并设 `for_secs = 0` 提前解除静音";
    try_switch_on(): "`lookout audit` says who switched it off; `set` with `rules` switches it on again", "`lookout audit` 可查是谁停用的；用 `set` 命令的 `rules` 重新启用";
    try_page(alert):
        "the page of the box shows it under /alerts/{alert}; `lookout page` says where the page is",
        "盒子页面的 /alerts/{alert} 会显示它；用 `lookout page` 可查看页面地址";
    try_retune(command): "this lists it: {command}", "用以下命令可列出它：{command}";
    try_wider(): "widen the time with --within", "可用 --within 放宽时间";
    try_schedule(): "change `schedule` of the rule", "请修改规则的 `schedule`";
    try_camera(): "look at the camera's alerts and at `lookout probe`", "请查看该摄像机的预警，并用 `lookout probe` 检查";
    try_other_time(): "ask about another time, or widen it with --within", "请改查其他时间，或用 --within 放宽";
    try_rate(): "a higher `analysis_fps`, or fewer cameras on this box", "可提高 `analysis_fps`，或减少本盒子的摄像机";
    try_still():
        "what the rule waits for was not found before either; set `skip_still = false` for this camera if what moves there is small",
        "此前也没有检出规则等待的目标；如果那里的动静很小，请为该摄像机设置 `skip_still = false`";
    try_closer(): "look at what the camera sees: too far away, too dark, or nothing that the model knows", "请查看摄像机的画面：可能太远、太暗，或模型不认识该目标";
    try_threshold(threshold):
        "try `thresholds` of {threshold} with `lookout retune` before you set it",
        "可先用 `lookout retune` 试用 `thresholds` 为 {threshold} 的配置，再作修改";
    try_filter(): "change the mask, `heights`, `horizon` or `learn_furniture` of the camera", "请修改摄像机的遮罩、`heights`、`horizon` 或 `learn_furniture`";
    try_zone(): "draw the zone larger, where feet are", "请把区域画大，须包含脚所在的位置";
    try_sizes(): "change `min_height` or `max_height` of the rule", "请修改规则的 `min_height` 或 `max_height`";
    try_class(classes):
        "look whether there was a {classes} in the picture: it may have been too far away, too dark or hidden; `lookout detect` on a picture of that place says what the model finds",
        "请确认画面中是否有{classes}：可能太远、太暗或被遮挡；对该处的图片运行 `lookout detect` 可查看模型能检出什么";
    try_line(line):
        "draw `{line}` where feet pass from one side well to the other, and see with `lookout retune` whether `direction` should be the other one, or `both`",
        "请把 `{line}` 画在脚会从一侧完全走到另一侧的地方，并用 `lookout retune` 试试 `direction` 是否应反过来或改为 `both`";
    try_less(parameter):
        "try a smaller `{parameter}` with `lookout retune` before you set it",
        "可先用 `lookout retune` 试用更小的 `{parameter}`，再作修改";
    try_cooldown(): "a shorter `cooldown_secs` of the rule", "可缩短规则的 `cooldown_secs`";
    try_levels(): "change `levels` of the signal, or the weight of this rule in it", "请修改信号的 `levels`，或该规则在其中的权重";

    // ---- what can be wrong
    unknown_camera(camera): "the configuration has no camera `{camera}`", "配置中没有摄像机 `{camera}`";
    try_known_cameras(cameras): "it has {cameras}", "其中有 {cameras}";
    unknown_rule(rule): "the configuration has no rule `{rule}`", "配置中没有规则 `{rule}`";
    try_rules(rules): "it has {rules}", "其中有 {rules}";
    rule_elsewhere(rule, camera): "the rule `{rule}` does not watch camera `{camera}`", "规则 `{rule}` 不用于摄像机 `{camera}`";
    try_cameras(cameras): "it watches {cameras}", "它用于 {cameras}";
    several_rules(camera): "several rules watch camera `{camera}`", "摄像机 `{camera}` 有多条规则";
    try_rule(rules): "name one: --rule ID, of {rules}", "请指明一条：--rule ID，可选 {rules}";
    no_rule(camera): "no rule watches camera `{camera}`", "没有规则用于摄像机 `{camera}`";
}
