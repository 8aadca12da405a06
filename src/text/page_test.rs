//! A test alert, on the page: what it is, how far it came, what it waits for.

sentences! { "page_test";
    title(): "Test alert", "测试预警";
    about(minutes):
        "A test alert tells of nothing and goes the way of every other one: through the queue on the disk, over the broker, to the command centre. It is marked as a test, is blue, and counts in no statistics. It is over when somebody takes it on, or after {minutes} minutes.",
        "测试预警不代表任何事件，但与真实预警走同样的全程：写入磁盘队列，经消息服务器送达指挥中心。它标明为测试，等级为蓝色，不计入任何统计。有人受理后即结束，最长 {minutes} 分钟。";
    send(): "Send a test alert", "发送测试预警";
    operators_only():
        "Only operators and installers send test alerts. You see how far the last one came.",
        "只有值守员和安装员可以发送测试预警；你可查看最近一次的进度。";
    one_at_a_time():
        "One at a time: another one can follow when this one is over.",
        "每次只能有一条：结束后才能再发。";
    none_yet():
        "No test alert since the box started.",
        "盒子启动以来没有发送过测试预警。";
    last_one(): "How far it came", "进度";
    to_the_alert(): "The alert itself", "查看该预警";
    reload(): "Without its script this page has to be loaded again to show more.", "未启用脚本时，请刷新页面查看进度。";

    // ---- the stations
    is_done(): "done", "已完成";
    is_waited_for(): "waiting", "等待中";
    is_unknown(): "not known", "未知";
    asked(): "Asked for at this page", "在本页发起";
    stored(): "Stored on the disk of the box", "已写入盒子磁盘";
    sent(): "Handed to the connection to the broker", "已交给与消息服务器的连接";
    received(): "Received by the broker (PUBACK)", "消息服务器已确认（PUBACK）";
    marked(): "Stored by the command centre (mark)", "指挥中心已入库（标记）";
    taken_on(): "Taken on by somebody", "已有人受理";
    after(seconds): "after {seconds} s", "用时 {seconds} 秒";
    by(who): "by {who}", "由 {who}";

    // ---- why it waits
    no_connection(address):
        "There is no connection to the broker at {address}. The alert waits on the disk and leaves when there is one.",
        "与消息服务器 {address} 没有连接。预警已在磁盘上等待，连接恢复后发出。";
    try_connection():
        "Look at the box on the page Status, and at its address, login and certificate in [mqtt].",
        "请在“状态”页查看盒子状况，并检查 [mqtt] 中的地址、登录和证书。";
    no_receipt():
        "The broker has not confirmed it. Whoever runs the broker can see whether this box may publish to `up/alert`.",
        "消息服务器尚未确认。请管理员检查该盒子是否有权向 `up/alert` 发布。";
    never_marked():
        "The command centre has never sent a mark, so nobody knows whether it keeps what it gets. The box believes the broker until it does.",
        "指挥中心从未发来标记，无法得知其是否已入库；在此之前以消息服务器的确认为准。";
    not_marked():
        "The command centre has not marked it. It may not be running, or not be connected to the broker.",
        "指挥中心尚未标记，可能未运行，或未连接消息服务器。";
    nobody_took_it_on():
        "Nobody has taken it on. Somebody at the desk presses the button they press for every alert; you can do it at the alert, too.",
        "还没有人受理。请值守人员像处理其他预警一样点击受理；也可在该预警页面受理。";
    ended_without_answer(): "It is over, and nobody took it on.", "已结束，无人受理。";
    from_before():
        "It began before the box was restarted, or too many alerts came after it; its times are not known any more.",
        "它在盒子重启之前发出，或其后预警过多；各步时间已无从得知。";
    arrived(): "The whole way is open.", "全程畅通。";
    only_a_test(): "This is a test: nothing happened.", "这是测试：没有任何事件发生。";
}
