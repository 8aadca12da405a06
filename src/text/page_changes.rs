//! What the page says of changes of the configuration: proposed, on trial, kept or given up.

sentences! { "page_changes";
    title(): "Changes", "更改";
    installers_only():
        "Only an installer may change what the box does.",
        "只有安装员可以更改盒子的工作内容。";
    nothing_is_proposed():
        "No change is waiting. What you change at a camera or a rule is shown here before anything happens.",
        "没有待处理的更改。您对摄像机或规则所做的更改会先显示在这里，试运行之前不会生效。";
    nothing_would_change(): "Nothing would change: it is so already.", "没有变化：现在已是这样。";
    cannot_change(why): "That cannot be changed here: {why}.", "无法在此更改：{why}。";
    file_unreadable(path, why): "{path} cannot be read: {why}", "{path} 无法读取：{why}";
    file_was_edited(path):
        "Since you began, somebody else edited {path} or changed what runs. Discard these changes and make them anew, so that nobody's work is lost.",
        "您开始更改之后，{path} 或正在运行的配置已被他人改动。请放弃这些更改并重新操作，以免覆盖他人的修改。";
    file_does_not_run(path):
        "{path} was edited and does not run yet: try again in a moment. If it stays so, the status page says what is wrong with it.",
        "{path} 已被修改但尚未生效，请稍后重试；若一直如此，状态页会说明文件的问题。";
    could_not_keep(what):
        "These changes could be tried, but not kept: {what}.",
        "这些更改即使试运行也无法保存：{what}。";
    centre_tries():
        "The command centre tries something at this box just now. Wait until that is over, then try again.",
        "指挥中心正在本机试运行配置。请待其结束后再试。";
    centre_runs():
        "A configuration of the command centre runs at this box. What is kept here changes the file on the box, and the file takes its place.",
        "本机正在运行指挥中心下发的配置。在此保存的是盒子上的配置文件，保存后将以该文件为准。";

    // ---- before the trial
    what_is_wrong(): "What is wrong", "存在的问题";
    warnings(count): "Warnings: {count}", "提醒：{count} 条";
    line(number): "Line {number}:", "第 {number} 行：";
    difference_of(path): "What would change in {path}", "{path} 的改动";
    from_line(number): "from line {number}", "自第 {number} 行";
    try_it(): "Try for ten minutes", "试运行十分钟";
    about_trying():
        "The box works with the change at once. If nobody keeps it, it takes back what was before by itself.",
        "更改立即生效；十分钟内无人保存，盒子会自动恢复原来的设置。";
    is_another_by_now():
        "Meanwhile more was changed, in another window: this is all of it now. Look at it once more.",
        "期间在其他窗口又有更改：下面是现在的全部更改，请重新查看。";
    discard(): "Discard", "放弃";
    discarded(): "The changes were discarded.", "更改已放弃。";
    go_on_changing(): "Change more", "继续更改";
    not_done(why): "The box did not do that: {why}", "盒子未执行：{why}";

    remove_camera(): "Remove this camera", "删除这路摄像机";
    about_removing_camera():
        "It goes out of the configuration, with everything that is drawn on its picture. You see all of it before anything happens.",
        "这路摄像机连同其画面上绘制的内容将从配置中删除。生效之前会先显示全部改动。";
    delete_its_password(file):
        "Delete the file with its password, too: {file}",
        "同时删除存放其密码的文件 {file}";
    password_goes(file):
        "The file with its password is deleted once this is kept: {file}.",
        "更改保存后，存放其密码的文件 {file} 将被删除。";
    password_is_shared(file):
        "The file with its password stays, as something else names it, too: {file}.",
        "存放其密码的文件 {file} 还有其他配置使用，因此保留。";
    password_stays(file):
        "The file with its password stays, as the page may not delete it: {file}.",
        "网页无权删除存放其密码的文件 {file}，该文件将保留，需手动删除。";
    password_not_noted(error):
        "The file with its password will stay, as it could not be noted that it goes: {error}",
        "无法记下要删除密码文件，该文件将保留（原文：{error}）";
    camera_removed(camera): "Camera {camera} is removed.", "删除摄像机 {camera}。";
    named(title, id): "{title} ({id})", "{title}（{id}）";
    rules_go(rules): "Rules that go with it: {rules}.", "一并删除的规则：{rules}。";
    rules_go_on(rules):
        "Rules that go on at their other cameras: {rules}.",
        "继续监看其他摄像机的规则：{rules}。";
    no_rule_goes(): "No rule watches it.", "没有规则监看它。";
    signals_hear_less(signals):
        "Signals that lose one of their sources: {signals}.",
        "减少一个来源的信号：{signals}。";
    signals_are_left(signals):
        "Signals that stay and that nothing feeds any more, so that they raise no alert: {signals}.",
        "保留但不再有任何来源、因而不会产生预警的信号：{signals}。";

    // ---- on trial
    trial_began(): "The change is on trial now. Look whether all is as you want it, then keep it.", "更改已开始试运行。请检查效果，满意后保存。";
    on_trial_heading(): "On trial", "试运行";
    on_trial(left): "A change is on trial: {left} left.", "更改正在试运行：还剩 {left}。";
    tried_by(who, time): "It is tried by {who}, until {time}.", "由 {who} 试运行，至 {time} 结束。";
    somebody(): "somebody at this page", "本页面的其他人";
    is_of_others():
        "It is not yours: what you change meanwhile begins with the file and can be tried once this trial is over.",
        "这不是您的更改：在此期间您的更改以配置文件为基础，待本次试运行结束后才能试运行。";
    not_with_others(who):
        "What {who} tries now is not among these changes, which begin with the file. They can be tried once that trial is over; if it is kept, the file is another one, and they are made anew.",
        "{who} 正在试运行的内容不在以下更改之中：这些更改以配置文件为基础，待该试运行结束后才能试运行；若该试运行被保存，文件随之改变，须重新更改。";
    is_tried_by(who):
        "{who} tries a configuration with this camera: it can be changed here once that trial is over and kept.",
        "{who} 正在试运行包含该摄像机的配置：待其结束并保存后才能在此修改。";
    is_tried_without(who):
        "{who} tries a configuration without this camera. What is changed here begins with the file.",
        "{who} 正在试运行的配置中没有该摄像机。这里的更改以配置文件为基础。";
    perhaps_tried(who):
        "This is not in the file. What {who} tries now may hold it: it can be changed once that trial is over.",
        "配置文件中没有该内容，可能属于 {who} 正在试运行的更改：待其结束后才能修改。";
    ended_by_the_file(who, time, path):
        "What was tried by {who} ended at {time}, as somebody edited {path}: the file runs now, and what was tried is not in it. Whoever still wants it changes it anew.",
        "{who} 的试运行已于 {time} 结束，原因是 {path} 被直接修改：现按该文件运行，其中没有试运行的内容；如仍需要，请重新更改。";
    ended_by_an_edit(who, time, path):
        "What was tried by {who} ended at {time}, as somebody edited {path}: what was before runs again. What stands in the file now is not taken up, and the status page says why.",
        "{who} 的试运行已于 {time} 结束，原因是 {path} 被直接修改：已恢复原来的设置。文件现有内容尚未生效，原因见状态页。";
    ended_unkept(who, time):
        "What was tried by {who} ended at {time}, as nobody kept it: what was before runs again.",
        "{who} 的试运行已于 {time} 结束：期间无人保存，已恢复原来的设置。";
    about_trial():
        "If nobody keeps it until then, what was before comes back by itself.",
        "届时无人保存，将自动恢复原来的设置。";
    centre_on_trial(left):
        "The command centre tries a change: {left} left.",
        "指挥中心正在试运行更改：还剩 {left}。";
    waits_to_be_tried(): "A change waits to be tried.", "有更改等待试运行。";
    look_at_it(): "Look at it", "查看";
    keep(): "Keep", "保存";
    go_back(): "Go back now", "立即恢复";
    kept(path): "Kept: it stands in {path} now.", "已保存到 {path}。";
    went_back(): "What was before runs again.", "已恢复原来的设置。";
}
