//! What is wrong with the sections of a configuration that stand once, its grids and its command keys, and what to try.

sentences! { "config_site";
    // ---- the box
    no_box_name(shown):
        "this is no name of a box{shown}",
        "这不是有效的盒子名称{shown}";
    box_names():
        "lower-case letters, digits and `-` between them, at most 32, for example `box-7f3a`",
        "只用小写字母、数字和中间的 `-`，最多 32 个字符，例如 `box-7f3a`";
    no_area(shown):
        "`area` must be a county's six digits{shown}",
        "`area` 应为县区的六位代码{shown}";
    area_in_grid_codes():
        "the first six digits of a grid code, for example \"530127\"",
        "即网格编码的前六位，例如 \"530127\"";

    // ---- its time zone
    unknown_time_zone(shown):
        "unknown time zone{shown}",
        "未知的时区{shown}";
    behind_utc(zone, hours):
        "the time zone `{zone}` is {hours} hours behind UTC",
        "时区 `{zone}` 比 UTC 慢 {hours} 小时";
    sign_turned_round(hours, meant):
        "the sign of these names is turned round; for {hours} hours ahead write {meant}",
        "这类名称的正负号是反的；比 UTC 快 {hours} 小时请写 {meant}";
    or_a_city(zone):
        "`{zone}`, or better a city's name",
        "`{zone}`，或最好写城市名";
    zone_for_offset(zone):
        "did you mean `{zone}`? An offset is no time zone",
        "是否想写 `{zone}`？时差不是时区";
    offset_is_no_zone(zone):
        "an offset is no time zone: name a city of the IANA database, for example `{zone}` (UTC+8)",
        "时差不是时区：请写 IANA 时区库中的城市，例如 `{zone}`（UTC+8）";
    zone_names(one, other):
        "names of the IANA database, for example `{one}` or `{other}`",
        "请用 IANA 时区库中的名称，例如 `{one}` 或 `{other}`";

    // ---- brokers of the command centre
    urls_empty():
        "`urls` is empty",
        "`urls` 是空的";
    name_a_broker():
        "name at least one broker, or leave it out for the embedded one",
        "请至少写一个 MQTT 服务器；去掉则用内置的";
    together_with(one, other):
        "`{one}` together with `{other}`",
        "`{one}` 和 `{other}` 不能同时写";
    all_into_urls():
        "put all of them into `urls`, the one to be tried first in front, and leave `url` out",
        "请全部写进 `urls`，最先尝试的排在最前，并去掉 `url`";
    without(one, other):
        "`{one}` without `{other}`",
        "有 `{one}`，却没有 `{other}`";
    name_the_centres_broker():
        "name the command centre's broker: url = \"mqtts://HOST:8883\"; the embedded one takes no login",
        "请写指挥中心的 MQTT 服务器：url = \"mqtts://HOST:8883\"；内置的不需要登录";
    embedded_or_centres():
        "leave out `url` for the embedded broker, or `embedded_port` for the command centre's",
        "用内置的 MQTT 服务器请去掉 `url`，用指挥中心的请去掉 `embedded_port`";
    broker_twice(address):
        "`urls` names {address} twice",
        "`urls` 中 {address} 写了两次";
    tried_again_anyway():
        "leave one out: a broker that is not reached is tried again anyway",
        "请去掉一个：连不上的服务器本来就会重试";
    mixed_schemes(one, first, other, second):
        "`urls` mixes `{one}://` ({first}) and `{other}://` ({second})",
        "`urls` 混用了 `{one}://`（{first}）和 `{other}://`（{second}）";
    all_encrypted():
        "begin all of them with `mqtts://`: login and alerts would go to one of them unencrypted",
        "请全部以 `mqtts://` 开头：否则登录信息和预警会以明文发给其中一个";
    both_or_none():
        "name both or none",
        "请两个都写，或都不写";
    prefix(fault):
        "`prefix` {fault}",
        "`prefix` {fault}";
    no_wildcard():
        "may not hold `+` or `#`",
        "不能含有 `+` 或 `#`";
    no_dollar():
        "may not begin with `$`",
        "不能以 `$` 开头";
    no_empty_level():
        "may hold neither spaces nor empty levels",
        "不能含有空格或空的层级";
    first_part_of_topics(usual):
        "it is the first part of every topic, for example `{usual}`",
        "它是每个主题的开头部分，例如 `{usual}`";

    // ---- the detector
    nothing_to_choose():
        "`precision = \"auto\"` chooses nothing here",
        "`precision = \"auto\"` 在这里没有可选的";
    auto_goes_with_auto():
        "it belongs to providers = [\"auto\"]; with a list of providers, name the model that you want",
        "它与 providers = [\"auto\"] 配合使用；列出 providers 时，请写明要用的模型";
    same_face_model():
        "`face_model` is the same as `model`",
        "`face_model` 与 `model` 相同";
    no_second_model():
        "leave `face_model` out: a model that finds faces needs no second one",
        "请去掉 `face_model`：能检测人脸的模型不需要第二个";
    auto_beside_others():
        "`auto` stands beside other providers",
        "`auto` 不能与其他 providers 并列";
    auto_or_names():
        "write providers = [\"auto\"] to let a measurement choose, or name them without it",
        "由程序测速选择请写 providers = [\"auto\"]；否则只列出名称";
    provider_twice(name):
        "names the provider `{name}` twice",
        "`{name}` 写了两次";
    providers_empty():
        "`providers` is empty",
        "`providers` 是空的";
    write_providers():
        "write providers = [\"cpu\"] or [\"auto\"], or leave it out",
        "请写 providers = [\"cpu\"] 或 [\"auto\"]，或去掉这一项";

    // ---- evidence
    name_the_centres_key():
        "name the centre's public key: originals_for = \"age1...\"",
        "请写指挥中心的公钥：originals_for = \"age1...\"";
    no_age_key():
        "`originals_for` is no age public key",
        "`originals_for` 不是 age 公钥";
    make_a_pair():
        "`age-keygen -o centre.key` makes a pair at the centre; the public one begins with `age1`",
        "请在指挥中心用 `age-keygen -o centre.key` 生成一对密钥；公钥以 `age1` 开头";

    // ---- grids
    another_grid(code):
        "there is another [[grid]] with the code {code}",
        "已有另一个编码为 {code} 的 [[grid]]";
    leave_one_of_them_out():
        "leave one of them out",
        "请去掉其中一个";
    grid_says_nothing(code):
        "[[grid]] {code} says nothing of its grid",
        "[[grid]] {code} 没有写任何内容";
    what_a_grid_says():
        "give it `name`, `contact` or `officer`, or leave it out",
        "请写上 `name`、`contact` 或 `officer`，或去掉它";
    nothing_in_grid(code):
        "no camera and no sensor is in [[grid]] {code}",
        "[[grid]] {code} 中没有摄像机和传感器";

    // ---- command keys
    no_public_key():
        "`public_key` is no Ed25519 key",
        "`public_key` 不是 Ed25519 公钥";
    what_keys_hold():
        "43 letters, digits, `-` and `_`, as `lookout keys make` prints them; the private half never stands here",
        "应为 `lookout keys make` 打印的 43 个字母、数字、`-` 和 `_`；私钥绝不写在这里";
    printed_key():
        "is the example of RFC 8037, whose private half is printed there",
        "是 RFC 8037 中的示例，其私钥已公开";
    make_your_own():
        "make a key of your own: lookout keys make NAME --role ROLE --out DIR",
        "请生成自己的密钥：`lookout keys make NAME --role ROLE --out DIR`";
    same_key(other):
        "has the same `public_key` as `{other}`",
        "与 `{other}` 的 `public_key` 相同";
    one_key_each():
        "one key for each holder, so that the audit log tells who it was",
        "每人一个密钥，审计日志才能分清是谁";
}
