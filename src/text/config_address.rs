//! Why an address in a configuration is none that can be used, and what to try. Never repeats one: it may hold a password.

sentences! { "config_address";
    // ---- a login inside
    holds(name, what):
        "`{name}` holds {what}",
        "`{name}` 中有{what}";
    a_password():
        "a password",
        "密码";
    a_user():
        "a user",
        "用户名";
    like_a_login():
        "what looks like a user or a password (`@`)",
        "疑似用户名或密码的内容（`@`）";
    put_it_into_a_secret():
        "write `user:password` to a file in the secrets folder with `lookout secret set NAME` and name it: secret = \"NAME\"",
        "请用 `lookout secret set NAME` 把 `user:password` 写入密码目录中的文件，并写出文件名：secret = \"NAME\"";
    or_places_for_it():
        "where the device wants both inside the address, write {{user}} and {{password}} in their places",
        "如果设备要求写在地址里，请在相应位置写 {{user}} 和 {{password}}";
    unknown_place(name, shown):
        "`{name}` has a place that nothing fills in{shown}",
        "`{name}` 中有不认识的占位符{shown}";
    place_without_secret(name):
        "`{name}` has a place for the login, but there is no `secret`",
        "`{name}` 中留有登录信息的位置，却没有 `secret`";

    // ---- how it is written
    looks_alike(name):
        "`{name}` has characters that only look like those of an address",
        "`{name}` 中有形似而不能用于地址的字符";
    no_brackets(name):
        "`{name}` has an IPv6 address without brackets",
        "`{name}` 中的 IPv6 地址没有加方括号";
    write_it_like(example):
        "write it like {example}",
        "写法如 {example}";
    zone(name):
        "`{name}` has an IPv6 address with a zone (`%`), which only one machine understands",
        "`{name}` 中的 IPv6 地址带有区域标识（`%`），只有一台机器能识别";
    without_zone():
        "use the IPv4 address, the name, or an IPv6 address that begins with fd or 2",
        "请用 IPv4 地址、主机名，或以 fd 或 2 开头的 IPv6 地址";
    no_ipv4(name):
        "`{name}` has digits and dots for a host that are no IPv4 address",
        "`{name}` 中的主机由数字和点组成，却不是 IPv4 地址";
    four_numbers(example):
        "four numbers from 0 to 255 with dots between them, for example {example}",
        "应为四个 0 至 255 的数，用点分隔，例如 {example}";
    odd_ipv4(name):
        "`{name}` has an IPv4 address that is not written as usual",
        "`{name}` 中的 IPv4 地址写法不规范";
    without_leading_zeros(example):
        "some programs read a number with a leading zero as octal: write it without, for example {example}",
        "有的程序把以 0 开头的数当作八进制：请去掉开头的 0，例如 {example}";
    with_all_four(example):
        "with missing numbers it may be another one than is meant: write all four, for example {example}",
        "缺少的数会被自动补上，地址可能与本意不符：请写全四个数，例如 {example}";
    no_address(name):
        "`{name}` is no address",
        "`{name}` 不是地址";
    unreadable(name, detail):
        "`{name}` is no address: {detail}",
        "`{name}` 不是地址（原文：{detail}）";
    wrong_scheme(name, scheme):
        "`{name}` cannot begin with `{scheme}://`",
        "`{name}` 不能以 `{scheme}://` 开头";
    begins_with(schemes):
        "it begins with {schemes}",
        "应以 {schemes} 开头";
    no_host(name):
        "`{name}` names no host",
        "`{name}` 中没有主机";
    no_file_here(name):
        "`{name}` names no file on this machine",
        "`{name}` 指定的不是本机上的文件";
    example_with_three_slashes(example):
        "for example {example} (three slashes)",
        "例如 {example}（三个斜杠）";
    goes_on(name):
        "`{name}` goes on after the port",
        "`{name}` 的端口后面还有内容";
    topics_are_by_prefix():
        "topics are set by `prefix`, not in the address",
        "主题由 `prefix` 设置，不写在地址里";
    no_host_and_port(name):
        "`{name}` must be a host and a port",
        "`{name}` 应为主机和端口";
    no_address_and_port(name):
        "`{name}` must be an address and a port",
        "`{name}` 应为 IP 地址和端口";
    example_without_topic(example):
        "for example {example}; topics belong to the sensors",
        "例如 {example}；主题写在传感器里";

    // ---- what goes with it
    not_encrypted(name):
        "`{name}` with an address that is not encrypted",
        "有 `{name}`，而地址是不加密的";
    begin_with(scheme):
        "begin `url` with `{scheme}://`",
        "`url` 请以 `{scheme}://` 开头";
    begin_with_or_leave_out(scheme):
        "begin `url` with `{scheme}://`, or leave it out",
        "`url` 请以 `{scheme}://` 开头，或去掉这一项";
}
