//! What a camera sees now, on the page: one camera, its live picture, the walk test.

sentences! { "page_live";
    // ---- why there is no picture
    faces_not_looked_for(why):
        "no picture, as faces cannot be looked for: {why}",
        "没有画面，因为无法检测人脸：{why}";
    people_not_looked_for(why):
        "no picture, as people cannot be looked for: {why}",
        "没有画面，因为无法检测人员：{why}";
    not_made():
        "no picture: it could not be made; the log says more",
        "没有画面：无法生成，详见日志";
    no_such_camera(): "There is no such camera.", "没有该摄像机。";
    no_frame_in_time():
        "The camera gave no picture in time. The page Status says how it does.",
        "摄像机未及时给出画面，请在“状态”页查看其状况。";
    too_many_cameras(most):
        "{most} cameras are being looked at already, which is as many as the box shows at once. Close one of them first.",
        "已有 {most} 台摄像机正在查看，达到上限。请先关闭其中一台。";
    too_many_tabs():
        "Too many pages are open. Close some of them.",
        "打开的页面过多，请关闭一些。";

    // ---- one camera
    all_cameras(): "All cameras", "返回状态页";
    live_picture(): "Live picture", "实时画面";
    picture_of(camera):
        "What {camera} sees now, people made unrecognisable",
        "{camera} 的当前画面，人员已遮挡";
    small_picture_of(camera):
        "A picture of {camera}, people made unrecognisable",
        "{camera} 的画面，人员已遮挡";
    first_picture_follows(): "The picture follows.", "画面即将显示。";
    waiting():
        "Waiting for a picture. A camera that nobody moves before gives one every few seconds.",
        "正在等待画面。无人活动时，摄像机每隔几秒才有一帧。";
    lost_touch(): "The box does not answer at the moment.", "盒子暂时没有响应。";
    no_answer_since(time):
        "The box has given no answer since {time} by the clock of this device: what stands here is of then. It is asked again and again.",
        "盒子自 {time}（本设备时间）起没有响应，以下为当时的内容。正在反复尝试连接。";
    logged_out_meanwhile():
        "You are logged out: the box restarted, or an hour is over. What you typed still stands here: log in in another tab, then come back and send it.",
        "您已退出登录：盒子重新启动过，或已超过一小时。已填写的内容仍在本页：请在新标签页登录，再回到这里提交。";
    edit_thresholds(): "How sure the detector must be", "检测阈值";
    camera_is_gone(): "This camera is no longer in the configuration.", "该摄像机已不在配置中。";
    as_of(time): "as of {time}", "画面时间 {time}";
    is_coarse():
        "Everything is coarse for now: the box is still learning what this view is like when nobody is there. That takes about ten minutes.",
        "目前整幅画面较粗糙：盒子正在学习无人时的画面，约需十分钟。";
    without_script():
        "Without its script this page shows one picture; load it again for the next one.",
        "未启用脚本时只显示一幅画面，刷新页面可查看下一幅。";
    about_live():
        "At most three pictures a second, only while somebody looks. Nobody is recognisable in them.",
        "每秒最多三幅，仅在有人查看时生成；画面中无法辨认任何人。";
    costs(pictures, milliseconds):
        "Pictures since somebody began to look: {pictures}, {milliseconds} ms of processor time each",
        "开始查看以来的画面数：{pictures}，平均每幅占用处理器 {milliseconds} 毫秒";
    found_now(): "In the picture", "画面中";
    nothing_found(): "Nothing is found at the moment.", "目前未检测到目标。";
    one_found(what, score, height):
        "{what}, certainty {score} %, {height} % of the picture's height",
        "{what}，置信度 {score}%，占画面高度 {height}%";
    beliefs_here(): "What is believed here", "相关信号";
    no_beliefs(): "No signal listens to this camera.", "没有信号使用该摄像机。";
    percent(number): "{number} %", "{number}%";
    share_of(source, percent): "{source}: {percent} %", "{source}：{percent}%";
    rule_holds(rule, place): "{rule} holds in {place}", "{place}：规则 {rule} 的条件成立";
    edit_shapes(): "Zones, lines and masks", "区域、警戒线与遮挡";

    // ---- classes
    person(): "person", "人员";
    face(): "face", "人脸";
    two_wheeler(): "two-wheeler", "两轮车";
    car(): "car", "小汽车";
    bus(): "bus", "客车";
    truck(): "truck", "货车";
    fire(): "fire", "明火";
    smoke(): "smoke", "烟雾";

    // ---- the walk test
    walk_test(): "Walk test", "走测";
    about_walk_test(minutes):
        "Somebody walks wherever people may come, to the far end, too. Where they are found is coloured, where they are lost is hatched. It ends by itself after {minutes} minutes.",
        "请一人走遍所有可能有人的位置，包括最远处。检测到的位置着色，漏检的位置画斜线；{minutes} 分钟后自动结束。";
    begin_walk(): "Begin the walk test", "开始走测";
    end_walk(): "End it", "结束走测";
    walk_began(): "The walk test has begun.", "走测已开始。";
    walk_ends(): "The walk test ends.", "走测结束。";
    walk_goes_on_already(): "A walk test of this camera goes on already.", "该摄像机正在走测。";
    walk_is_over_already(): "No walk test goes on.", "当前没有进行走测。";
    walk_goes_on(by): "A walk test of {by} goes on.", "{by} 正在走测。";
    walk_so_far(percent, left):
        "Found in {percent} % of the places so far, {left} s left",
        "目前覆盖率 {percent}%，剩余 {left} 秒";
    walk_nobody_yet(left): "Nobody was found yet, {left} s left", "尚未检测到人员，剩余 {left} 秒";
    walked_on(time, by): "Walked on {time} by {by}", "{by} 于 {time} 走测";
    walk_promise(percent, height):
        "Whoever walked was found in {percent} % of the places; the smallest was {height} % of the picture's height.",
        "走测人员在 {percent}% 的位置被检测到，最小身高为画面高度的 {height}%。";
    walk_found(percent):
        "Whoever walked was found in {percent} % of the places.",
        "走测人员在 {percent}% 的位置被检测到。";
    walk_nobody():
        "Nobody was found. Is somebody in view, and is the camera's threshold for people not too high?",
        "未检测到人员。请确认有人在画面内，且该摄像机“人员”的检测阈值不过高。";
    walk_lost_at(count):
        "Places where they were lost, the hatched ones: {count}. A closer or brighter view of them helps, or a larger picture.",
        "有 {count} 处漏检（斜线处）。可改善该处的视角或照明，或改用更大的画面。";
    walk_lost_nowhere(): "They were lost nowhere.", "没有漏检。";
    walk_picture(camera): "Where somebody was found before {camera}", "{camera} 的走测覆盖图";
    never_walked(): "Nobody has walked before this camera yet.", "该摄像机尚未走测。";
    only_operators_walk(): "An operator or installer can begin one.", "值守员或安装员可以开始走测。";

    // ---- the log
    log_panicked(): "making a picture for the page ended with a panic", "为页面生成画面时程序异常";
    log_late(): "the pictures for the page did not end in time and are left behind", "页面画面没有及时结束，不再等待";
    log_walks_unreadable(): "the results of walk tests cannot be read and begin anew", "走测结果无法读取，重新开始";
    log_walk_not_kept(): "the result of a walk test could not be kept", "走测结果无法保存";
}
