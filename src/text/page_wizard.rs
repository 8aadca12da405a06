//! What the page says while an installer adds a camera, one question after the other.

sentences! { "page_wizard";
    add_camera(): "Add a camera", "添加摄像机";
    tab(): "Add camera", "添加摄像机";
    // ---- where the box stands
    site(): "Where does this box stand?", "盒子装在哪里？";
    site_in_short(): "Place and name", "位置与名称";
    about_site():
        "Every message of this box carries its area and its name, so they are set once, before the first camera.",
        "盒子的每条消息都带有县区代码和盒子名称，请在添加第一台摄像机之前设置好。";
    area(): "Area", "县区代码";
    about_area():
        "The county's six digits, with which every grid code here begins, for example 530127",
        "县区的六位代码，即当地网格编码的前六位，例如 530127";
    area_is_none():
        "The area is the county's six digits, for example 530127; 000000 only keeps its place.",
        "县区代码为六位数字，例如 530127；000000 只是占位。";
    box_name(): "Name of this box", "盒子名称";
    about_box_name():
        "Lower-case letters, digits and `-`. The command centre knows the box by it.",
        "小写字母、数字和 `-`。指挥中心以此识别盒子。";
    box_name_is_none(most):
        "The name of the box has lower-case letters, digits and `-` between them, at most {most} characters.",
        "盒子名称由小写字母、数字和中间的 `-` 组成，最多 {most} 个字符。";
    community(): "Name of the community (may be left empty)", "社区或村名（可不填）";
    about_community(): "For people: it stands above every page.", "供人阅读，显示在每个页面顶部。";
    community_is_none(most):
        "The name of the community has at most {most} characters, in one line.",
        "社区或村名为一行，最多 {most} 个字符。";
    site_is(area, name): "This box is {name} in the area {area}.", "本机为 {area} 县区的 {name}。";
    community_is(name): "The community is called {name}.", "社区或村名为 {name}。";
    community_is_unnamed(): "The community has no name any more.", "不再填写社区或村名。";
    key_of_the_old_name(old, owner):
        "A box with another name is another box for the command centre, and {old} stays in its lists as one that stopped. The key by which this box signs was made for {old}: under another name its messages are not signed until somebody says on the box that the key goes on (`sudo rm {owner}`, then `sudo systemctl restart lookout`) and the command centre registers it for the new name.",
        "对指挥中心来说，改名后的盒子是另一个盒子，{old} 会作为已停止的盒子留在其列表中。本机的签名密钥是为 {old} 生成的：改名后消息不再签名，须在盒子上执行 `sudo rm {owner}` 和 `sudo systemctl restart lookout` 以沿用该密钥，并由指挥中心按新名称登记。";
    no_area_yet():
        "Nobody has said yet where this box stands. That comes before the first camera.",
        "尚未填写盒子装在哪里，请先填写，再添加摄像机。";
    say_where(): "Say where it stands", "填写位置";

    // ---- what takes a restart
    takes_a_restart(): "This takes a restart", "须重新启动";
    about_restart():
        "It cannot be tried: it is written into the file, and the box starts anew by itself. That takes about half a minute, in which nothing is watched, and everybody logs in again.",
        "该更改无法试运行：将直接写入配置文件，盒子随即自动重新启动，约需半分钟，其间不分析画面；之后所有人须重新登录。";
    write_and_restart(): "Write it and start anew", "写入并重新启动";
    restart_after_trial():
        "Something is on trial: keep it or go back first.",
        "有更改正在试运行：请先保存或恢复。";
    restarting(): "The box starts anew", "盒子正在重新启动";
    about_restarting():
        "This page goes on by itself when the box answers again, in about half a minute.",
        "约半分钟后盒子恢复响应，本页会自动继续。";

    step(number, total): "Step {number} of {total}", "第 {number} 步，共 {total} 步";
    back(): "Back", "返回";
    go_on(): "Go on", "继续";
    try_again(): "Try again", "重试";
    another_address(): "Another camera or address", "换一台摄像机或换地址";
    another_login(): "Another user or password", "换用户名或密码";
    give_up(): "Stop waiting", "停止等待";

    // ---- while somebody waits
    searching(): "Looking for cameras on the local networks", "正在本地网络中搜索摄像机";
    asking(camera): "Asking {camera} for its streams", "正在向 {camera} 查询视频流";
    setting(): "Telling the camera how often to send a keyframe", "正在设置摄像机的关键帧间隔";
    looking(camera): "Looking at the picture of {camera}", "正在查看 {camera} 的画面";
    usual_time(seconds): "This is usually done within {seconds} s.", "通常 {seconds} 秒内完成。";
    about_looking():
        "The stream is opened and watched for a few seconds, and people in the picture are made unrecognisable.",
        "正在打开视频流并观察几秒，画面中的人员会做遮挡处理。";

    // ---- find
    find(): "Where is the camera?", "摄像机在哪里？";
    search(): "Look for cameras", "搜索摄像机";
    search_again(): "Look again", "重新搜索";
    about_search():
        "Finds cameras in the same network that have ONVIF switched on.",
        "可找到同一网络中已启用 ONVIF 的摄像机。";
    found(count): "Cameras that answered: {count}", "有应答的摄像机：{count} 台";
    found_none(): "No camera answered.", "没有摄像机应答。";
    try_to_be_found():
        "Check its power and network cable, and that it hangs in the same network as this box; then look again, or type its address.",
        "请检查摄像机的电源和网线，并确认它与本机在同一网络；然后重新搜索，或直接输入地址。";
    unnamed(): "Camera", "摄像机";
    is_here_already(name): "already here as {name}", "已添加：{name}";
    type_address(): "Type its address", "输入地址";
    address_of_camera(): "Address of the camera", "摄像机地址";
    about_address():
        "Such as 10.0.0.31, 10.0.0.31:8080, or the whole address of a stream, rtsp://10.0.0.31/stream2",
        "例如 10.0.0.31、10.0.0.31:8080，或完整的视频流地址 rtsp://10.0.0.31/stream2";
    address_is_missing(): "Type the address of the camera.", "请填写摄像机的地址。";
    no_address(given): "`{given}` is no address of a camera.", "`{given}` 不是摄像机地址。";
    login_in_address():
        "Leave user and password out of the address: they are asked for in the next step.",
        "地址中不要写用户名和密码，下一步会询问。";

    // ---- log in
    log_in(): "How does one log in at the camera?", "如何登录摄像机？";
    at_camera(camera): "Camera: {camera}", "摄像机：{camera}";
    user(): "User", "用户名";
    password(): "Password", "密码";
    about_login():
        "The camera's own user, often printed on it or set at its first start; not your name at this page. The password is written into a file that only the box reads, and is never shown again.",
        "填写摄像机自己的用户名和密码（通常印在机身上，或在首次启动时设置），不是您登录本页面的姓名和密码。密码只写入仅盒子可读的文件，不再显示。";
    without_login(): "It needs no password", "无需密码";
    user_is_missing(): "Type the user, too.", "请同时填写用户名。";
    login_too_long(most):
        "This is longer than any user or password of a camera: at most {most} characters.",
        "用户名或密码过长：最多 {most} 个字符。";
    login_is_needed(camera):
        "{camera} asks for a user and a password.",
        "{camera} 需要用户名和密码。";

    // ---- the usual paths of makers
    maker(): "Who made it?", "是哪家厂商的？";
    about_makers():
        "Each maker has its usual address of the stream. It is tried and shows whether it is right.",
        "各厂商都有惯用的视频流地址，选择后会试着打开。";
    other_maker(): "Other makers", "其他厂商";
    by_maker(): "Try the usual address of its maker", "用厂商的惯用地址试试";
    by_maker_instead():
        "A camera without ONVIF is reached by the usual address of its maker, or by the whole address of its stream.",
        "没有 ONVIF 的摄像机，可用厂商的惯用地址或完整的视频流地址连接。";

    // ---- streams
    streams(): "Which stream is watched?", "分析哪个视频流？";
    cannot_be_asked(): "The camera cannot be asked", "无法查询摄像机";
    channel(): "Which channel?", "哪个通道？";
    about_channels():
        "This recorder has several cameras. Add one now, and the others after it.",
        "该录像机接有多台摄像机。请先添加一台，再添加其他的。";
    channel_number(number): "Channel {number}", "通道 {number}";
    to_watch(): "Watched all the time", "用于持续分析";
    for_evidence(): "Opened for a picture when an alert begins", "预警开始时用于取证";
    none_for_evidence(): "none: the watched one", "无：用持续分析的视频流";
    choose_otherwise(): "Choose other streams", "改选其他视频流";
    frames_a_second(fps): "{fps} pictures/s", "每秒 {fps} 帧";
    keyframe_every(seconds): "a keyframe every {seconds} s", "每 {seconds} 秒一个关键帧";
    far_apart(seconds):
        "A keyframe comes only every {seconds} s. With one every 2 s things are found faster, and a picture comes back sooner after every interruption.",
        "每 {seconds} 秒才有一个关键帧。改为每 2 秒一个，检测更及时，中断后恢复画面也更快。";
    set_keyframes(): "Let the camera send one every 2 s", "让摄像机每 2 秒发一个";
    keyframes_set(frames, seconds):
        "The camera says: a keyframe every {frames} pictures from now on, that is every {seconds} s.",
        "摄像机已确认：现在每 {frames} 帧一个关键帧，即每 {seconds} 秒一个。";
    keyframes_otherwise(asked, got):
        "One every {asked} pictures was asked for; the camera made it {got}.",
        "请求每 {asked} 帧一个，摄像机实际设为 {got}。";
    keyframes_not_set(): "The keyframe interval was not set", "关键帧间隔未能设置";
    show_picture(): "Show the picture", "查看画面";

    // ---- picture
    picture(): "Is this the camera?", "是这台摄像机吗？";
    picture_of(camera): "What {camera} sees, with people made unrecognisable", "{camera} 的画面，人员已遮挡";
    about_picture():
        "It is coarse on purpose: the box has to learn first what is there when nobody is.",
        "画面有意做得很粗：盒子需要先学习无人时的画面。";
    works_without_picture(why):
        "The stream works, but its picture cannot be shown here: {why}",
        "视频流正常，但画面无法在此显示：{why}";
    no_picture(): "No picture came", "没有画面";
    it_is(): "Yes, this one", "是这台";
    it_is_not(): "No, another one", "不是，换一台";
    codec(): "Codec", "编码";
    size(): "Size", "分辨率";
    rate(): "Frame rate", "帧率";
    keyframes(): "Keyframes", "关键帧";
    large_stream(): "For evidence", "取证";
    broke(error): "It broke off while it was watched: {error}", "观察过程中中断：{error}";
    try_smaller_stream():
        "This stream is large. A smaller one, about 640 x 360, is enough for watching and costs a fifth of the work.",
        "该视频流较大。较小的子码流（约 640 x 360）已够用于分析，计算量只有五分之一。";
    try_keyframes_in_camera():
        "Set the keyframe (I-frame) interval in the camera's own settings to 1-2 s.",
        "请在摄像机自己的设置中把关键帧（I 帧）间隔设为 1 至 2 秒。";
    try_streams_path():
        "Try the usual address of its maker, or look the address of the stream up in the camera's manual.",
        "请试用厂商的惯用地址，或从摄像机说明书中查出视频流地址。";
    box_is_busy(): "The box looks at another new camera just now. Try again in a moment.", "盒子正在查看另一台新摄像机，请稍后重试。";
    went_wrong(): "The box could not finish this. Try again.", "盒子未能完成该操作，请重试。";

    // ---- name
    name(): "What is it called here?", "它在这里叫什么？";
    camera_name(): "Name for people", "供人识别的名称";
    about_name(): "As people here call the place: East gate", "按当地人的叫法填写，例如：东门";
    short_name(): "Short name in the file and in alerts", "在文件和预警中的简称";
    about_short_name():
        "Lower-case letters, digits, `-` and `_`. It stays for ever, so that alerts of today are found next year.",
        "小写字母、数字、`-` 和 `_`。今后不再改变，以便日后查找预警。";
    name_is_missing(): "Type a name.", "请填写名称。";
    name_is_too_long(most):
        "A name has at most {most} characters, in one line.",
        "名称为一行，最多 {most} 个字符。";
    short_name_is_none():
        "The short name has lower-case letters, digits, `-` and `_`, at most 64, and begins with a letter or digit.",
        "简称由小写字母、数字、`-` 和 `_` 组成，最多 64 个字符，以字母或数字开头。";
    short_name_is_taken(id):
        "`{id}` is taken. Choose another short name.",
        "`{id}` 已被使用，请换一个简称。";

    // ---- place
    place(): "Where does it hang?", "它装在哪里？";
    eye(): "Whose view is it?", "属于哪类视角？";
    grid(): "Grid", "网格";
    about_grid(area):
        "The code of the grid that it looks at, 6 to 20 digits, beginning with {area}",
        "它所看网格的编码，6 至 20 位数字，以 {area} 开头";
    address(): "Address in words", "文字地址";
    about_place_address():
        "So that somebody finds it at night: lane 5, north end, at the transformer",
        "写到夜里也能找到的程度，例如：5 巷北头变压器旁";
    to_the_changes(): "Show what will change", "查看将要做的更改";
    place_is_missing(): "Choose whose view it is, and type the grid.", "请选择视角类别，并填写网格。";
    eye_is_missing(): "Choose whose view it is.", "请选择视角类别。";
    grid_is_missing(): "Type the grid.", "请填写网格。";
    address_is_too_long(most): "The address has at most {most} characters.", "地址最多 {most} 个字符。";
    secret_not_written(what): "The password cannot be stored: {what}.", "密码无法保存：{what}。";
    adds(name, id): "Adds the camera {name} ({id})", "添加摄像机 {name}（{id}）";

    // ---- done
    is_tried(name): "{name} is watched", "{name} 已开始分析";
    is_on_trial():
        "It is on trial: press Keep above when all is as you want it. Meanwhile the next steps can be done.",
        "目前为试运行：满意后请按上方的“保存”。在此期间可以继续下面几步。";
    is_kept(): "It stands in the configuration.", "已写入配置。";
    next(): "What comes next", "接下来";
    draw_zones(): "Draw its zones", "画区域";
    about_zones():
        "Where people may be, where nobody may park: rules use zones by their names.",
        "哪里会有人、哪里不许停车：规则按名称使用区域。";
    about_rule():
        "What is to be reported of its zones and lines, and how urgent it is.",
        "区域和警戒线内要报哪种情况、等级多高。";
    walk(): "Walk before it", "走测";
    about_walk():
        "Somebody walks, and the page shows where they are found and where not.",
        "一人走遍现场，页面显示哪里能检测到、哪里不能。";
    is_done(): "done", "已完成";
    next_of(name): "What comes next for {name}:", "{name} 的下一步：";
    see_alerts(): "See its alerts", "查看其预警";
    see_it(): "See it live", "查看实时画面";
    add_another(): "Add another camera", "再添加一台";
    is_not_tried(): "This camera is not tried yet", "该摄像机尚未试运行";
    look_at_change(): "Look at the change", "查看更改";
    is_not_here(): "This camera was not added", "该摄像机未添加";
}
