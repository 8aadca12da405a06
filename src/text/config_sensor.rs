//! What is wrong with sensors, their brokers and the listener for posts in a configuration, and what to try.

sentences! { "config_sensor";
    // ---- brokers
    broker_serves_none(broker):
        "the {broker} serves no sensor",
        "没有传感器使用 {broker}";
    name_it_in_a_sensor():
        "name it in a sensor: mqtt_json = {{ broker = \"...\", ... }}, or leave it out",
        "请在传感器中写出它：mqtt_json = {{ broker = \"...\", ... }}，或去掉它";
    several_brokers():
        "there are several brokers",
        "有多个 MQTT 服务器";
    say_which(names):
        "say which one: broker = {names}",
        "请写明是哪一个：broker = {names}";
    unknown_broker(shown):
        "names an unknown broker{shown}",
        "没有这样的 MQTT 服务器{shown}";
    add_a_broker():
        "add [[sensors.broker]] with id and url, or leave `broker` out for the one on this machine",
        "请添加 [[sensors.broker]]，写上 id 和 url；或去掉 `broker`，使用本机的 MQTT 服务器";

    // ---- posts
    nobody_posts():
        "no sensor has `webhook`",
        "没有使用 `webhook` 的传感器";
    nothing_listens():
        "nothing listens until a sensor has webhook = {{ path = \"/...\" }}",
        "有传感器写了 webhook = {{ path = \"/...\" }} 才会监听";
    token_in_the_clear():
        "the token travels unencrypted to other machines' eyes",
        "令牌以明文传输，其他机器可见";
    put_a_proxy_in_front():
        "listen on 127.0.0.1 and put a proxy with TLS in front",
        "请只在 127.0.0.1 上监听，前面加带 TLS 的代理";
    token_too_short(least):
        "the token has fewer than {least} characters",
        "令牌少于 {least} 个字符";
    make_a_token(command):
        "make one: openssl rand -hex 24 | {command}",
        "请生成一个：`openssl rand -hex 24 | {command}`";

    // ---- the sensor
    debounce_too_long():
        "`debounce_secs` must be less than `stale_after_secs`",
        "`debounce_secs` 应小于 `stale_after_secs`";
    forgotten_as_silence():
        "a change that is awaited for so long would be forgotten as silence",
        "变化等待这么久才确认，传感器会先被当作失联";
    scale_is_zero():
        "`scale` must not be 0",
        "`scale` 不能为 0";
    how_it_scales():
        "value = number * scale + offset; leave it out for 1",
        "数值 = 读数 * scale + offset；为 1 时请省略";
    no_quantity(shown):
        "this is no name of a quantity{shown}",
        "这不是有效的测量项名称{shown}";
    known_quantities(names):
        "{names}, or lower-case letters, digits and `_`",
        "{names}；或自定名称，只用小写字母、数字和 `_`";
    own_quantity(quantity):
        "the quantity `{quantity}` is not known and taken for a name of your own",
        "测量项 `{quantity}` 不是已知的，按自定名称处理";
    needs_a_unit(quantity):
        "the quantity `{quantity}` needs a `unit`",
        "测量项 `{quantity}` 须写 `unit`";
    unit_of_your_own():
        "for example unit = \"V\"; \"0/1\" for a sensor that knows two states",
        "例如 unit = \"V\"；只有两种状态的传感器写 \"0/1\"";
    one_of(names):
        "one of {names}",
        "应为 {names} 之一";
    wrong_unit(quantity, names):
        "`unit` of `{quantity}` must be {names}",
        "`{quantity}` 的 `unit` 应为 {names}";
    convert_or_rename():
        "convert with `scale` and `offset`, or give the quantity a name of your own",
        "请用 `scale` 和 `offset` 换算，或给测量项自定名称";
    range_upside_down():
        "`range` must go from the smaller to the greater value",
        "`range` 应从小到大";
    no_stale_after():
        "`stale_after_secs` is missing",
        "缺少 `stale_after_secs`";
    how_long_is_stale():
        "longer than the pause between two messages when nothing happens: 60 for a sensor that speaks every 20 s, 7200 for a battery sensor that speaks every hour",
        "应大于平时两次上报的间隔：每 20 秒上报的传感器写 60，每小时上报的电池传感器写 7200";
    stale_before_a_poll():
        "`stale_after_secs` must be more than `poll_secs`",
        "`stale_after_secs` 应大于 `poll_secs`";
    three_polls(seconds):
        "three polls are usual: {seconds}",
        "一般取查询间隔的三倍：{seconds}";
    no_source():
        "has no source",
        "没有数据来源";
    one_source():
        "a sensor has one source: leave one of them out",
        "一个传感器只有一个数据来源：请去掉其中一个";
}
