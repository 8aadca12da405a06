//! The page on the box, and `lookout page`: everything that people read there.

sentences! { "page";
    // ---- around every page
    skip(): "Skip to the content", "跳到正文";
    navigation(): "Pages", "页面";
    languages(): "Language", "语言";
    english(): "English", "English";
    chinese(): "Chinese", "中文";
    tab_status(): "Status", "状态";
    tab_alerts(): "Alerts", "预警";
    waiting_for_somebody(): "wait for somebody", "条待受理";
    log_in(): "Log in", "登录";
    log_out(): "Log out", "退出";
    back_to_start(): "To the start", "返回首页";
    try_this(hint): "What to do: {hint}", "处理办法：{hint}";

    // ---- when something does not work
    did_not_work(): "That did not work", "操作未成功";
    nothing_here(): "There is nothing at this address.", "该地址下没有内容。";
    box_cannot_answer(detail):
        "The box could not answer; its log says more: {detail}",
        "盒子无法答复，详见日志（原文：{detail}）";
    form_from_elsewhere():
        "This form does not come from a page of this box that is still open. Go back, load the page again and try once more.",
        "该表单不是来自本机当前有效的页面。请返回，刷新页面后重试。";
    address_of_a_form():
        "Only the button of a page leads to this address. Go back to that page and press it there.",
        "此地址只能由页面上的按钮访问。请返回原页面后点击按钮。";
    form_too_large(): "That is more than this form takes.", "提交的内容过长。";
    form_too_slow(): "The form did not arrive in time. Try again.", "表单未能及时送达，请重试。";
    too_many_at_once():
        "Too much is asked of the box at once. Try again in a moment.",
        "请求过多，请稍后重试。";
    unknown_command(): "This box does not know that.", "本机不支持该操作。";
    role_does_not_allow(): "Your role does not allow that.", "您的角色无权执行该操作。";
    not_encrypted():
        "This page is encrypted: begin the address with https://",
        "本页面须加密访问：请以 https:// 开头输入地址";

    // ---- logging in
    name(): "Name", "姓名";
    password(): "Password", "密码";
    code(): "Code", "登记码";
    i_have_a_code(): "I have a code", "我有登记码";
    nobody_enrolled():
        "Nobody can log in yet. Run this on the box; it prints a code with which you choose a name and a password:",
        "还没有人登记。请在盒子上运行以下命令，用打印出的登记码设置姓名和密码：";
    set_password(): "Set a password", "设置密码";
    about_code():
        "A code comes from whoever looks after the box. It works once, for a quarter of an hour:",
        "登记码由盒子的管理员生成，一刻钟内有效，只能使用一次：";
    about_name(most):
        "Letters from a to z or Chinese characters, and digits, at most {most}. Acknowledgements carry this name.",
        "字母、汉字或数字，最多 {most} 个字符。受理记录将使用这个姓名。";
    about_password(least): "At least {least} characters.", "至少 {least} 个字符。";
    wrong_name_or_password():
        "Name or password is wrong.",
        "姓名或密码错误。";
    wrong_wait(seconds):
        "Name or password is wrong. Wait {seconds} s before you try again.",
        "姓名或密码错误，请在 {seconds} 秒后重试。";
    logged_out_by_time():
        "You were logged out: no page was opened for an hour, or twelve hours were over.",
        "您已退出登录：一小时内没有打开页面，或登录已满十二小时。";
    logged_out_by_restart():
        "You were logged out: the box restarted.",
        "您已退出登录：盒子重新启动过。";
    typed_is_lost():
        "What you sent meanwhile was not taken: log in, and do it once more.",
        "刚才提交的内容未被接收：请登录后重新操作。";
    wait(seconds):
        "Too many wrong attempts. Wait {seconds} s before you try again.",
        "错误次数过多，请在 {seconds} 秒后重试。";
    code_is_wrong():
        "This code is wrong, used up, too old, or meant for another name.",
        "登记码错误、已使用、已过期，或属于其他姓名。";
    name_is_taken():
        "Somebody has this name already. Choose another one, or ask for a code for this name.",
        "该姓名已被占用。请换一个，或索取该姓名专用的登记码。";
    name_is_none(most):
        "a name has letters from a to z or Chinese characters, not both, and digits, with `-`, `_` or `.` between them, at most {most} characters",
        "姓名由英文字母或汉字（不混用）及数字组成，中间可用 `-`、`_` 或 `.`，最多 {most} 个字符";
    too_many_names():
        "Too many people are enrolled. `lookout page remove` takes names away.",
        "登记人数过多。可用 `lookout page remove` 删除。";
    role_viewer(): "viewer", "查看员";
    role_operator(): "operator", "值守员";
    role_installer(): "installer", "安装员";
    about_viewer(): "sees everything and changes nothing", "可查看全部内容，不能改动";
    about_operator(): "also works on alerts: takes them on, judges and closes them", "还可处置预警：受理、核实、办结";
    about_installer(): "also decides what the box does", "还可决定盒子的工作内容";

    // ---- times and amounts
    seconds_ago(count): "{count} s ago", "{count} 秒前";
    minutes_ago(count): "{count} min ago", "{count} 分钟前";
    hours_ago(count): "{count} h ago", "{count} 小时前";
    one_day_ago(): "1 day ago", "1 天前";
    days_ago(count): "{count} days ago", "{count} 天前";
    seconds(count): "{count} s", "{count} 秒";
    minutes(count): "{count} min", "{count} 分钟";
    hours(count): "{count} h", "{count} 小时";
    one_day(): "1 day", "1 天";
    days(count): "{count} days", "{count} 天";
    times_are_of(zone, offset): "Times are of the time zone {zone} (UTC{offset}).", "时间均为 {zone} 时区（UTC{offset}）。";
    as_of(): "as of", "截至";
    none_yet(): "none yet", "暂无";

    // ---- levels and modes
    blue(): "Blue", "蓝色";
    yellow(): "Yellow", "黄色";
    orange(): "Orange", "橙色";
    red(): "Red", "红色";
    mode_exercise(): "This is a drill.", "当前为演练模式。";
    mode_test(): "Somebody is setting up: alerts are tests.", "当前为调试模式，预警仅供测试。";

    // ---- the page Status
    starting(): "The box is starting. This page fills by itself in a few seconds.", "盒子正在启动，几秒后本页会自动更新。";
    all_is_well(): "All is well", "一切正常";
    alerts_wait(count): "Alerts wait for somebody: {count}", "有 {count} 条预警待受理";
    alerts_are_open(count): "Alerts are open: {count}", "有 {count} 条预警进行中";
    open_and_waiting(open, waiting):
        "Open alerts: {open}; nobody has taken on yet: {waiting}",
        "进行中的预警 {open} 条，其中待受理 {waiting} 条";
    cameras_are_opened(count): "Cameras that are being opened: {count}", "正在连接摄像机：{count} 台";
    nothing_is_watched(): "Nothing is watched yet", "尚未接入摄像机或传感器";
    one_trouble(): "One thing needs attention", "有 1 项需要处理";
    troubles(count): "{count} things need attention", "有 {count} 项需要处理";
    to_do(): "What to do", "待处理";
    cameras_running(running, total): "Cameras with pictures: {running} of {total}", "{total} 台摄像机中有 {running} 台有画面";
    cameras(): "Cameras", "摄像机";
    camera(id): "Camera {id}", "摄像机 {id}";
    no_cameras():
        "No camera yet. An installer adds one at this page.",
        "还没有摄像机。安装员可在本页面添加。";
    camera_runs(): "gives pictures", "画面正常";
    camera_runs_badly(): "gives pictures that are of no use", "有画面，但无法使用";
    camera_connects(): "is being opened", "正在连接";
    camera_lost(): "gives no pictures", "无画面";
    camera_ended(): "the recording is over", "录像已播完";
    last_picture(): "Last picture", "最近画面";
    place(): "Place", "位置";
    eye_sky(): "public street", "公共街面";
    eye_village(): "village or community", "村（社区）";
    eye_household(): "household", "家庭（商户）";
    cost(): "Cost", "开销";
    rates(received, decoded, looked_at):
        "{received} pictures/s received, {decoded} decoded, {looked_at} looked at",
        "每秒接收 {received} 帧，解码 {decoded} 帧，检测 {looked_at} 帧";
    decodes_keyframes(): "as little as its rules need", "按规则所需最少解码";
    decodes_burst(): "everything, as something is in view", "有目标出现，正在全部解码";
    decodes_full(): "everything, as configured", "按配置全部解码";
    decodes_forced(): "everything, as its stream allows no less", "码流所限，只能全部解码";
    decodes_overloaded(): "less than its rules need: the box cannot keep up", "低于规则所需：盒子处理不过来";
    no_rules():
        "No rule watches it, so nothing that it sees raises an alert; trouble with the camera itself still may.",
        "没有规则使用该摄像机，画面内容不会产生预警；摄像机自身故障仍可能预警。";
    rules(count): "Rules ({count})", "规则（{count}）";
    sensors(): "Sensors", "传感器";
    sensor(id): "Sensor {id}", "传感器 {id}";
    no_sensors():
        "No sensor. A `[[sensor]]` in the configuration adds water level, smoke, noise and others.",
        "没有传感器。可在配置中用 `[[sensor]]` 添加水位、烟雾、噪声等。";
    sensor_good(): "believed", "可信";
    sensor_bad(): "not believed", "不可信";
    sensor_silent(): "silent", "无数据";
    sensor_waits(): "has not spoken yet", "尚无数据";
    quantity(): "Measures", "测量";
    last_word(): "Last reading", "最近读数";
    water_level(): "water level", "水位";
    smoke(): "smoke", "烟雾";
    temperature(): "temperature", "温度";
    noise(): "noise", "噪声";
    door(): "door", "门";
    gas(): "gas", "燃气";
    beliefs(): "What the box believes", "综合判断";
    about_beliefs():
        "Several hints together decide; each kind of thing at each place has one belief.",
        "由多个线索共同判断；每个地点的每类情况各有一个可信度。";
    signal_on(): "alert is open", "预警中";
    signal_off(): "nothing speaks for it", "未见异常";
    signal_unknown(): "unknown: too few sources can be heard", "无法判断：可用来源不足";
    the_box(): "The box", "盒子";
    part_mqtt(): "Command centre", "指挥中心";
    part_queue(): "Queue", "待发队列";
    part_disk(): "Disk", "磁盘";
    part_detector(): "Detector", "检测";
    part_service(): "Service", "服务";
    part_secrets(): "Secrets", "密钥";
    part_configuration(): "Configuration", "配置";
    part_signing(): "Signatures", "签名";
    part_redaction(): "Blurring of people", "人员遮挡";
    part_clock(): "Clock", "时钟";
    part_page(): "This page", "本页面";
    machine(): "Machine", "主机";
    program(): "Program", "程序";
    connected_to(address): "connected to {address}", "已连接到 {address}";
    not_connected_to(address): "not connected to {address}; alerts wait here meanwhile", "未连接到 {address}；预警暂存在本机";
    own_broker(address): "the box's own broker at {address}", "本机自带的 MQTT 服务器 {address}";
    waits_in_queue(count, size): "Messages that wait: {count} ({size})", "{count} 条消息待发（{size}）";
    given_up(count): "Given up for lack of room: {count}", "因空间不足放弃了 {count} 条";
    free(size): "{size} free", "剩余 {size}";
    clock_synced(): "follows a time server", "已与时间服务器同步";
    clock_unsynced(): "follows no time server: times may be wrong", "未与时间服务器同步，时间可能有误";
    clock_unknown(): "unchecked", "状态未知";
    clock_replay(): "times of a recording", "录像时间";
    looks_at(rate, milliseconds, provider):
        "{rate} pictures/s, {milliseconds} ms each, on {provider}",
        "每秒 {rate} 帧，每帧 {milliseconds} 毫秒，运行于 {provider}";
    looks_at_nothing(): "not needed without a camera", "没有摄像机，无需运行";
    on_processor(): "the processor", "处理器";
    cores_busy(cores): "{cores} cores busy", "占用 {cores} 核";
    memory(size): "{size} of memory", "内存 {size}";
    version(version, config): "Lookout {version}, configuration {config}", "Lookout {version}，配置 {config}";
    runs_for(duration): "running for {duration}", "已运行 {duration}";
    try_no_video(): "check power and network at the camera", "检查摄像机的电源和网络";
    try_frozen(): "restart the camera", "重启摄像机";
    try_dark(): "check whether its lens is closed, or its infrared light has failed", "检查镜头是否被遮盖，红外灯是否失效";
    try_over_exposed(): "turn it out of the light, or lower its exposure", "避开强光，或调低曝光";
    try_covered(): "look for what hangs before the lens", "查看镜头前是否有遮挡物";
    try_moved(): "turn it back, or draw its zones again", "把镜头转回原位，或重新画区域";
    try_blurred(): "clean the lens and check its focus", "清洁镜头并检查对焦";
    try_sprayed(): "clean the lens", "清洁镜头";

    // ---- the page Alerts
    no_alerts():
        "No alert yet. When a rule or a sensor raises one, it appears here by itself.",
        "还没有预警。规则或传感器产生预警后会自动出现在这里。";
    nothing_fits(): "No alert fits this filter.", "没有符合条件的预警。";
    alerts_missed(count):
        "Messages that were given up before this page had read them: {count}. Some alerts are missing here; the command centre has them.",
        "有 {count} 条消息在本页读取之前已被放弃，此处缺少部分预警；指挥中心处是完整的。";
    alerts_in_memory():
        "The disk cannot be written, so these alerts are forgotten at the next restart.",
        "磁盘无法写入，重启后此处的预警将会丢失。";
    filter(): "Filter", "筛选";
    state(): "State", "状态";
    open_and_over(): "open and over", "全部";
    only_open(): "open", "进行中";
    only_over(): "over", "已结束";
    level(): "Level", "级别";
    all_levels(): "all levels", "全部级别";
    kind(): "Kind", "类型";
    all_kinds(): "all kinds", "全部类型";
    a_camera(): "Camera", "摄像机";
    all_cameras(): "all cameras", "全部摄像机";
    grid(): "Grid", "网格";
    all_grids(): "all grids", "全部网格";
    from_day(): "From", "起始日期";
    until_day(): "Until", "截止日期";
    show(): "Show", "查询";
    show_all(): "Show all", "显示全部";
    older(): "Older alerts", "更早的预警";
    export(): "This list as a file:", "导出列表：";
    goes_on(): "goes on", "进行中";
    is_over(): "over", "已结束";
    was_withdrawn(): "withdrawn", "已撤回";
    taken_by(who): "taken on by {who}", "{who} 已受理";
    closed_by(who): "closed by {who}", "{who} 已办结";
    at_page(name): "{name} at the page", "{name}（页面）";
    nobody_has_it(): "nobody has taken it on", "尚未受理";
    state_and_who(state, who): "{state}; {who}", "{state}；{who}";

    // ---- one alert
    one_alert(): "Alert", "预警详情";
    back_to_alerts(): "All alerts", "返回预警列表";
    alert_is_gone():
        "This alert is not known here: it is older than this page remembers, or its address is wrong.",
        "此处没有该预警：可能已超过保存期限，或地址有误。";
    pictures(): "Pictures", "图像";
    no_pictures(): "This alert has no picture.", "该预警没有图像。";
    no_picture(): "There is no picture: it could not be made, or not without showing people.", "没有图像：无法生成，或无法遮挡人员。";
    picture_of(camera): "Picture of {camera}, people made unrecognisable", "{camera} 的画面，人员已遮挡";
    picture_is_gone(): "This picture is no longer kept on the box.", "盒子已不再保存该图像。";
    is_pixelated(): "people made unrecognisable", "人员已遮挡";
    nobody_in_picture(): "nobody in the picture", "画面中无人";
    not_redacted(): "not shown, as people could not be made unrecognisable", "无法遮挡人员，不予显示";
    why_it_was_told(): "Why it was told", "预警依据";
    revisions(): "What happened since", "变化记录";
    what_to_do(): "What you can do", "处置";
    viewers_only_look(): "As a viewer you see everything and change nothing.", "查看员只能查看，不能处置。";
    take_on(): "Take it on", "受理";
    about_taking_on(): "Everybody sees that you have it. The first one counts.", "所有人都会看到由您受理；先受理者为准。";
    give_verdict(): "Say what it was", "核实";
    it_was(): "It was", "核实结果";
    cause(): "Cause", "原因";
    cause_unknown(): "not known", "未知";
    close(): "Close it", "办结";
    settled_how(): "How it was settled", "办结方式";
    about_closing(): "The box goes on telling what it sees: an alert is over when its condition is.", "办结后盒子仍会继续上报；情况消失后预警才会结束。";
    is_closed(): "It is closed.", "已办结。";
    note(): "Note (optional)", "备注（可不填）";
    done(): "Done.", "已完成。";
    already_so(): "Somebody did that before; nothing was changed.", "此前已有人操作，未作改动。";
    no_answer_yet(): "The box has not answered yet; it may still be done. Look again in a moment.", "盒子尚未答复，操作可能仍会完成，请稍后查看。";
    refused_unknown_alert(): "This alert is too old to be changed.", "该预警过旧，不能再处置。";
    refused_alert_ended(): "This alert is over and cannot be taken on any more. It can be judged and closed.", "该预警已结束，不能再受理，但仍可核实和办结。";
    refused_conflict(): "This alert is closed already.", "该预警已办结。";
    refused_invalid(): "Something in the form is missing or too long.", "表单有缺项或内容过长。";
    refused_storage(): "The box could not write it down, so it was not done.", "盒子无法写入记录，操作未执行。";
    outcome_resolved(): "resolved", "已解决";
    outcome_handed_over(): "handed over to a department", "已移交部门";
    outcome_nothing_found(): "nothing was found", "到场未发现";
    outcome_nothing_to_do(): "nothing had to be done", "无需处理";
    outcome_withdrawn(): "withdrawn", "已撤销";
    cause_allowed(): "it is allowed there", "允许的行为";
    cause_animal(): "animal", "动物";
    cause_glare(): "glare", "强光";
    cause_reflection_or_shadow(): "reflection or shadow", "反光或影子";
    cause_weather(): "weather", "天气";
    cause_other_object(): "another thing", "其他物体";
    cause_wrong_setting(): "wrong setting", "设置不当";
    cause_other(): "other", "其他";
    cause_cooking(): "cooking", "做饭油烟";
    cause_steam(): "steam", "水汽";
    cause_dust(): "dust", "扬尘";
    cause_lamp(): "lamp", "灯光";
    cause_loading(): "loading", "装卸货";
    cause_stopped_briefly(): "stopped for a moment", "临时停车";
    cause_resident(): "resident", "居民";
    cause_staff(): "staff", "工作人员";
    cause_play(): "play", "玩耍";
    cause_sensor_fault(): "fault of the sensor", "传感器故障";
    cause_cleaning(): "cleaning", "清洗";
    cause_maintenance(): "maintenance", "检修";
    cause_power_cut(): "power cut", "停电";
    cause_open_burning(): "open burning", "露天焚烧";
    cause_electrical(): "electrical", "电气";
    cause_gas(): "gas", "燃气";
    cause_vehicle(): "vehicle", "车辆";
    cause_waste(): "waste", "垃圾";
    cause_parked(): "parked", "停放";
    cause_broken_down(): "broken down", "抛锚";
    cause_delivery(): "delivery", "送货";
    cause_trespass(): "trespass", "闯入";
    cause_quarrel(): "quarrel", "争吵";
    cause_injury(): "injury", "受伤";
    cause_gathering(): "gathering", "聚集";
    cause_rain(): "rain", "降雨";
    cause_blocked_drain(): "blocked drain", "排水口堵塞";
    cause_burst_pipe(): "burst pipe", "水管爆裂";
    cause_network(): "network", "网络";
    cause_wrong_password(): "wrong password", "密码错误";
    cause_covered(): "covered", "被遮挡";
    cause_moved(): "moved", "被移动";
    cause_broken(): "broken", "损坏";

    // ---- commands that others send
    name_is_reserved(prefix):
        "`by` begins with `{prefix}`, which only the box's own page may say",
        "`by` 以 `{prefix}` 开头，只有本机页面可以这样署名";

    // ---- the section [web]
    not_built_in(): "[web]: this program was built without the page", "[web]：本程序未包含页面功能";
    try_build_with_page():
        "leave `enabled` out, or use a program that was built with the feature `web`",
        "删去 `enabled`，或使用带 `web` 功能编译的程序";
    listen_is_no_address(): "[web]: `listen` must be an address and a port", "[web]：`listen` 必须是 IP 地址加端口";
    try_listen(usual):
        "for example \"{usual}\" for this machine alone, or \"0.0.0.0:8443\" for everybody who reaches it",
        "例如 \"{usual}\" 仅供本机访问，\"0.0.0.0:8443\" 供网络内访问";
    port_needs_rights(port):
        "[web]: the service may not listen on port {port}: those below 1024 are for root",
        "[web]：服务无权监听端口 {port}：1024 以下的端口仅限 root";
    try_higher_port(usual): "use a port such as that of {usual}", "请改用 {usual} 那样的端口";
    port_is_the_webhooks(port):
        "[web]: `listen` has the port {port} of [sensors.webhook]",
        "[web]：`listen` 与 [sensors.webhook] 使用了同一端口 {port}";
    try_other_port(): "give one of them another port", "请为其中之一换一个端口";

    // ---- why the page is not served
    port_taken(address):
        "the page cannot be opened: another program listens at {address}",
        "页面无法打开：{address} 已被其他程序占用";
    try_who_listens(port):
        "`ss -ltnp 'sport = :{port}'` shows which; end it, or give [web] listen another port",
        "用 `ss -ltnp 'sport = :{port}'` 查看是哪个程序；将其停止，或为 [web] listen 换一个端口";
    no_such_address(address):
        "the page cannot be opened: this machine has no address {address}",
        "页面无法打开：本机没有地址 {address}";
    try_any_address(port): "write listen = \"0.0.0.0:{port}\" for all addresses of this machine", "写 listen = \"0.0.0.0:{port}\" 表示本机所有地址";
    cannot_listen(address, detail):
        "the page cannot be opened at {address}: {detail}",
        "页面无法在 {address} 打开（原文：{detail}）";
    no_thread(detail): "the page cannot be opened: {detail}", "页面无法打开（原文：{detail}）";
    no_history(detail): "the page cannot keep alerts: {detail}", "页面无法保存预警（原文：{detail}）";
    key_is_open(path, mode):
        "the key of the page's certificate, {path}, can be read by other users (mode {mode})",
        "页面证书的密钥 {path} 可被其他用户读取（权限 {mode}）";
    certificate_damaged(path, detail):
        "the page's certificate is damaged: {path}: {detail}",
        "页面证书已损坏：{path}（原文：{detail}）";
    certificate_file(path, detail):
        "the page's certificate cannot be used: {path}: {detail}",
        "页面证书无法使用：{path}（原文：{detail}）";
    try_new_certificate(folder):
        "move certificate.pem and certificate.key out of {folder}; others are made by themselves, and people compare the new fingerprint",
        "把 certificate.pem 和 certificate.key 从 {folder} 移走；系统会自动生成新证书，使用者须核对新的指纹";
    try_room(): "the folder of [outbox] must be writable and have room", "[outbox] 的文件夹须可写且有空间";

    // ---- the log
    log_served(): "the page is served; `lookout page` says how to open it", "页面已开放，`lookout page` 说明如何打开";
    log_alerts_damaged(): "the page's alerts are damaged and begin anew", "页面保存的预警已损坏，从头开始保存";
    log_alert_unreadable(): "the page cannot read an alert", "页面无法读取一条预警";
    log_still_kept(): "the queue still keeps alerts for the page, which is switched off", "页面已关闭，但队列仍在为它保存预警";
    log_late(): "the page did not end in time and is left behind", "页面没有及时结束，不再等待";
    log_panicked(): "the page ended with a panic", "页面因程序异常而中断";
    log_address_unwritten(): "where the page is served could not be written down", "页面的地址无法写入文件";
    log_not_trimmed(): "old alerts of the page could not be deleted", "页面的旧预警无法删除";
    log_without_index(): "an index of the page's alerts could not be made; they are found more slowly", "页面预警的索引无法建立，查询会变慢";
    log_no_alerts(): "the page gets no alerts for now", "页面暂时收不到预警";
    log_names_unreadable(): "the names of the page cannot be read", "页面的登记人员无法读取";

    // ---- lookout page
    line_address(address): "address:     {address}", "地址：{address}";
    line_fingerprint(digest): "fingerprint: SHA-256 {digest}", "证书指纹：SHA-256 {digest}";
    line_no_certificate():
        "fingerprint: none yet; the first start of the service makes the certificate",
        "证书指纹：尚无；服务首次启动时生成证书";
    line_not_served():
        "it is not served now: `systemctl status lookout` says why",
        "当前未提供服务：用 `systemctl status lookout` 查看原因";
    line_nobody():
        "enrolled:    nobody yet; `lookout page enrol` prints a code for somebody",
        "已登记：暂无；用 `lookout page enrol` 生成登记码";
    line_person(name, role): "enrolled:    {name} ({role})", "已登记：{name}（{role}）";
    type_the_code(address, minutes, role):
        "open {address} and type this code within {minutes} minutes (role: {role}):",
        "请在 {minutes} 分钟内打开 {address} 并输入此登记码（角色：{role}）：";
    will_be_served(file, address):
        "{file} says so now; within some seconds the page is at {address}, and with the next start of a box that does not run",
        "已写入 {file}；几秒内页面地址即为 {address}，盒子未运行时则在下次启动后生效";
    is_served_there_already(address): "the configuration says so already: {address}", "配置中已是如此：{address}";
    removed(name): "{name} may not open the page any more", "{name} 已不能再打开页面";
    nobody_of_that_name(name): "nobody is enrolled as `{name}`", "没有登记名为 `{name}` 的人";
    no_name(name): "`{name}` is no name", "`{name}` 不是有效的姓名";
    role_expected(): "expected viewer, operator or installer", "应为 viewer、operator 或 installer";
    address_expected(example):
        "expected an address and a port, for example {example} for every address of the box",
        "应为地址和端口，例如 {example} 表示盒子的所有地址";
    page_is_off(): "the page of this box is switched off", "本机页面已关闭";
    try_switching_on(): "write enabled = true below [web] in the configuration", "在配置的 [web] 中写 enabled = true";
    folder_unusable(folder, why): "{folder} cannot be used: {why}", "{folder} 无法使用：{why}";
    try_sudo(): "with sudo", "请加 sudo 运行";
}
