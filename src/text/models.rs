//! What `lookout models` says while it lists, verifies, adds and fetches models. What is wrong with a model itself stands in
//! [`model`](super::model).

sentences! { "models";
    // ---- options
    providers(names):
        "there are {names}; on a GPU `cuda` or `tensorrt` (NVIDIA), `openvino` (Intel)",
        "可用的有 {names}；GPU 用 `cuda` 或 `tensorrt`（NVIDIA）、`openvino`（Intel）";
    pair_expected():
        "expected NAME=VALUE",
        "须写作 NAME=VALUE";
    size_expected():
        "expected WIDTHxHEIGHT in pixels, 416x256",
        "须以像素写作 WIDTHxHEIGHT，例如 416x256";
    channels_expected():
        "expected one number or three",
        "须是一个或三个数";
    no_number(text, error):
        "`{text}`: {error}",
        "`{text}` 不是数（原文：{error}）";

    // ---- lists
    none_described(manifest):
        "{manifest} describes no model",
        "{manifest} 中没有模型";
    column_name():
        "NAME",
        "名称";
    column_head():
        "HEAD",
        "检测头";
    column_input():
        "INPUT",
        "输入";
    column_licence():
        "LICENCE",
        "许可证";
    column_file():
        "FILE",
        "文件";
    column_finds():
        "FINDS",
        "可检测";
    column_run_by():
        "RUN BY",
        "运行于";
    column_one_run():
        "ONE RUN",
        "单次用时";
    there():
        "there",
        "有";
    missing():
        "missing",
        "缺少";
    as_described():
        "as described",
        "与描述相符";
    refused():
        "refused",
        "不可用";
    milliseconds(ms):
        "{ms} ms",
        "{ms} 毫秒";

    // ---- a model of one's own
    no_trial_process(error):
        "no process to try a model in: {error}",
        "无法另起进程来试运行模型（原文：{error}）";
    not_tried_in_time(file, seconds):
        "{file}: was not opened and tried within {seconds} s; nothing was written",
        "{file}：{seconds} 秒内没有完成打开和试运行；没有写入任何内容";
    try_more_time():
        "a model of that kind takes a moment; --trial-secs gives it longer",
        "这类模型较慢；可用 --trial-secs 放宽时间";
    trial_died(file, signal):
        "{file}: opening or trying it ended the process that tried (signal {signal}); nothing was written",
        "{file}：打开或试运行时进程被终止（信号 {signal}）；没有写入任何内容";
    try_its_maker():
        "the file is damaged, made to do harm, or larger than this machine can try; get it from its maker again",
        "文件已损坏、带有恶意，或超出本机的能力；请重新从作者处获取";
    described_already(manifest, name):
        "{manifest} describes a model `{name}` already",
        "{manifest} 中已有模型 `{name}`";
    try_other_name():
        "--name gives this one another name, --manifest another home",
        "请用 --name 换个名称，或用 --manifest 写到别处";
    nothing_written(manifest):
        "nothing was written: --dry-run; it would go into {manifest}",
        "因 --dry-run 没有写入；否则会写到 {manifest}";
    added(name, manifest):
        "added `{name}` to {manifest}",
        "已把 `{name}` 添加到 {manifest}";
    added_to_new(name, manifest):
        "added `{name}` to {manifest}, which is new",
        "已把 `{name}` 添加到新建的 {manifest}";
    try_detect(name, manifest):
        "try: lookout detect PICTURE --model {name} --manifest {manifest}",
        "可以试试：`lookout detect PICTURE --model {name} --manifest {manifest}`";
    fed_otherwise(file, inputs):
        "{file}: is fed {inputs}, where one picture of 1x3xHEIGHTxWIDTH in f32 was expected",
        "{file}：输入是 {inputs}，而应是一幅 1x3xHEIGHTxWIDTH 的 f32 画面";
    try_without_preprocessing():
        "was it exported with its preprocessing (bytes, height x width x 3) in the graph? Export it without",
        "导出时是否把预处理（字节，高 x 宽 x 3）也放进了图里？请不带预处理导出";
    other_width(file, own, said):
        "{file}: its input is {own} pixels wide, not {said}",
        "{file}：输入宽 {own} 像素，而不是 {said}";
    other_height(file, own, said):
        "{file}: its input is {own} pixels high, not {said}",
        "{file}：输入高 {own} 像素，而不是 {said}";
    try_without_input():
        "leave --input away, or export the model with that size",
        "请不写 --input，或按该尺寸导出模型";
    size_taken(file, width, height):
        "{file} leaves the size of its input open; {width}x{height} was taken, --input takes another",
        "{file} 没有规定输入的尺寸；采用了 {width}x{height}，可用 --input 另定";
    not_stated():
        "not stated",
        "未说明";
    added_from(file):
        "added from {file}",
        "添加自 {file}";
    classes_one():
        "1 class",
        "1 个类别";
    classes(count):
        "{count} classes",
        "{count} 个类别";
    head_with(head, classes):
        "--head {head} with {classes}",
        "--head {head}（{classes}）";
    other_outputs(file, head, outputs, expected, classes, width, height):
        "{file}: its outputs are not those of head `{head}`: it puts out {outputs}, where {expected} was expected for {classes} at {width}x{height}",
        "{file}：输出与检测头 `{head}` 不符：实际输出 {outputs}，而 {width}x{height}、{classes}时应是 {expected}";
    try_other_export():
        "no head that Lookout knows reads these; was the model exported with NMS or decoding in the graph, or with other --strides?",
        "Lookout 支持的检测头都不能读取；导出时是否把 NMS 或解码放进了图里，或 --strides 不同？";
    they_look_like(heads):
        "they look like {heads}",
        "看起来像 {heads}";
    unnamed_classes(file, classes):
        "{file}: it tells {classes} apart, and nobody said what they are called",
        "{file}：它区分 {classes}，但没有给出名称";
    try_classes():
        "--classes a,b,c or --classes-file FILE, in the network's order",
        "请用 --classes a,b,c 或 --classes-file FILE，按网络中的顺序给出";
    probably_coco():
        "80 are probably COCO's: --classes coco",
        "80 个大概是 COCO 的类别：--classes coco";
    or_is_it(heads):
        "or is it {heads}?",
        "或者其实是 {heads}？";
    one_class_named(file, classes):
        "{file}: it tells {classes} apart, but 1 is named",
        "{file}：它区分 {classes}，但只给出了 1 个名称";
    other_classes_named(file, classes, named):
        "{file}: it tells {classes} apart, but {named} are named",
        "{file}：它区分 {classes}，但给出了 {named} 个名称";
    try_all_classes():
        "name all of them, in the network's order; with \"\" for those that should never be reported",
        "请按网络中的顺序全部给出；从不报告的写 \"\"";
    looks_like_or(head, hint):
        "it looks like {head}; or {hint}",
        "看起来像 {head}；否则{hint}";
    the_model(path):
        "the model {path}",
        "模型 {path}";
    path_not_utf8(path):
        "{path}: a manifest cannot name a path that is not UTF-8",
        "{path}：清单不能写非 UTF-8 的路径";
    class_names(path):
        "the class names {path}",
        "类别名文件 {path}";
    class_names_empty(path):
        "class names {path}: the file is empty",
        "类别名文件 {path} 是空的";

    // ---- what is reported about a model that was added
    built_in_picture():
        "the built-in picture (7 people, a car and an e-bike in a lane; faces are 10 pixels high)",
        "内置的画面（巷子里有 7 个人、一辆汽车和一辆电动自行车；人脸高 10 像素）";
    file_and_digest(file, kib, digest):
        "{file}: {kib} KiB, SHA-256 {digest}",
        "{file}：{kib} KiB，SHA-256 {digest}";
    label_fed():
        "fed",
        "输入";
    label_puts_out():
        "puts out",
        "输出";
    label_reports():
        "reports",
        "报告";
    label_one_run():
        "one run",
        "单次用时";
    label_found():
        "found",
        "检测到";
    puts_out(outputs, head, strides, classes):
        "{outputs}: head {head}, strides {strides}, {classes}",
        "{outputs}：检测头 {head}，步长 {strides}，{classes}";
    some_never(reported, classes):
        "{reported} (never reported: {classes} more)",
        "{reported}（另有 {classes} 个类别从不报告）";
    run_on(ms, provider):
        "{ms} ms on {provider}",
        "{ms} 毫秒，运行于 {provider}";
    looked_at(picture):
        "on {picture}",
        "画面：{picture}";
    nothing():
        "nothing",
        "无";
    first_to_last(first, last, outputs):
        "{first} .. {last} ({outputs} outputs)",
        "{first} .. {last}（共 {outputs} 个输出）";
    one_found(class, score):
        "1 x {class} ({score})",
        "1 x {class}（{score}）";
    several_found(count, class, most, least):
        "{count} x {class} ({most} to {least})",
        "{count} x {class}（{most} 至 {least}）";
    try_other_feeding():
        "if there is something to find, it is fed wrongly (--colour, --mean, --std, --fit), or the picture is not its kind: --picture FILE",
        "如果画面里本该有目标，可能是输入方式不对（--colour、--mean、--std、--fit），或画面不适合它：--picture FILE";
    try_licence():
        "nobody said under which licence the weights are: --licence",
        "没有说明权重的许可证：--licence";

    // ---- the catalogue of public models
    lookouts_catalogue():
        "Lookout's catalogue",
        "Lookout 的模型名录";
    catalogue_file(path):
        "catalogue {path}",
        "模型名录 {path}";
    catalogue_wrong(catalogue, line, detail):
        "{catalogue}: line {line}: {detail}",
        "{catalogue} 第 {line} 行有误（原文：{detail}）";
    listed_twice(catalogue, name):
        "{catalogue}: `{name}` is listed twice",
        "{catalogue}：`{name}` 列了两次";
    not_in_catalogue(catalogue, name):
        "{catalogue} has no model `{name}`",
        "{catalogue} 中没有模型 `{name}`";
    no_pinned_digest(name):
        "`{name}` has no pinned digest, so nothing is fetched",
        "`{name}` 没有固定的摘要，因此不下载";
    try_own_download(page):
        "download it yourself from {page} and use `lookout models add`",
        "请自行从 {page} 下载，再用 `lookout models add` 添加";
    digest_malformed(name):
        "`{name}`: its `sha256` is not 64 hexadecimal digits",
        "`{name}` 的 `sha256` 不是 64 位十六进制数字";
    no_file_name(name):
        "`{name}`: its address does not end in a file's name",
        "`{name}` 的地址末尾不是文件名";
    no_address(error):
        "no address: {error}",
        "不是地址（原文：{error}）";
    public(name, what):
        "{name}: {what}",
        "{name}：{what}";
    made_by(licence, maker, page):
        "{licence}; {maker}; {page}",
        "{licence}；{maker}；{page}";
    made_by_unpinned(licence, maker, page):
        "{licence}; {maker}; {page}; not fetched: no pinned digest",
        "{licence}；{maker}；{page}；不可下载：没有固定的摘要";
    licensed(licence, maker, page):
        "licence {licence}, by {maker}: {page}",
        "许可证 {licence}，作者 {maker}：{page}";

    // ---- a download
    here_already(file):
        "{file} is there already, with the right digest",
        "{file} 已存在，摘要正确";
    fetching(url):
        "fetching {url}",
        "正在下载 {url}";
    another_file(file, found, expected):
        "{file} is there already and is another file: SHA-256 {found}, where the catalogue says {expected}",
        "{file} 已存在，但不是同一个文件：SHA-256 为 {found}，而名录中是 {expected}";
    try_moving_it():
        "move it away, or name another folder with --manifest",
        "请把它移走，或用 --manifest 指定别的目录";
    another_came(name, found, expected):
        "`{name}`: what came is another file: SHA-256 {found}, where the catalogue says {expected}; it was thrown away",
        "`{name}`：下载到的是另一个文件：SHA-256 为 {found}，而名录中是 {expected}；已丢弃";
    try_its_page(page):
        "its maker has published another version, or somebody stands between; look at {page}",
        "作者可能发布了新版本，或传输途中被人替换；请查看 {page}";
    try_other_place():
        "may you write there? --manifest FILE names another place",
        "请确认是否有权写入；也可用 --manifest FILE 指定别处";
    fetched_by_another(file):
        "{file}: another run is fetching this file",
        "{file}：另一个进程正在下载此文件";
    of_model(name, what):
        "`{name}`: {what}",
        "`{name}`：{what}";
    only_https(url):
        "{url}: only https addresses are fetched (http from this machine itself)",
        "{url}：只从 https 地址下载（本机自身可用 http）";
    try_adding_it():
        "download it yourself and use `lookout models add`",
        "请自行下载，再用 `lookout models add` 添加";
    login_in_address(url):
        "{url}: the address holds a user name or password, which does not belong into a catalogue",
        "{url}：地址中有用户名或密码，不应写在名录里";
    no_authorities(url):
        "{url}: this machine has no certificate authorities to check the server with",
        "{url}：本机没有可用来核对服务器的 CA 证书";
    try_authorities():
        "install ca-certificates, or name a file of them with SSL_CERT_FILE",
        "请安装 ca-certificates，或用 SSL_CERT_FILE 指定 CA 证书文件";
    status(url, status):
        "{url}: answers {status}",
        "{url}：服务器返回 {status}";
    try_page_of_maker():
        "its maker has moved or withdrawn it; look at its page, and use `lookout models add`",
        "作者已移走或撤下；请查看其网页，再用 `lookout models add` 添加";
    try_asking_maker():
        "its maker does not give it to everybody; download it yourself and use `lookout models add`",
        "作者不对所有人开放；请自行下载，再用 `lookout models add` 添加";
    try_later():
        "try again later",
        "请稍后重试";
    redirects(url, why):
        "{url}: redirects {why}",
        "{url}：{why}";
    to_nowhere():
        "to nowhere",
        "重定向没有给出目标";
    to_insecure(url):
        "to {url}, away from https; nothing was fetched",
        "重定向到 {url}，不再是 https；没有下载";
    too_often(times):
        "more than {times} times",
        "重定向超过 {times} 次";
    larger(url, most):
        "{url}: is more than the {most} bytes that are expected at most",
        "{url}：超过了应有的上限 {most} 字节";
    larger_by_its_word(url, bytes, most):
        "{url}: is {bytes} bytes, more than the {most} bytes that are expected at most",
        "{url}：有 {bytes} 字节，超过了应有的上限 {most} 字节";
    try_same_file():
        "is it still the same file? Nothing was kept",
        "是否还是同一个文件？没有保留任何内容";
    cut(url, got, expected):
        "{url}: the connection ended after {got} of {expected} bytes",
        "{url}：连接在收到 {got} 字节（共 {expected} 字节）后中断";
    too_slow(url, seconds):
        "{url}: not finished within {seconds} s",
        "{url}：{seconds} 秒内没有下载完";
    try_timeout():
        "try again, with --timeout for a slow line",
        "请重试；线路慢时可加 --timeout";
    certificate(url, detail):
        "{url}: its certificate is not believed: {detail}",
        "{url}：其证书不受信任（原文：{detail}）";
    try_clock():
        "is the clock right? Does somebody stand between, whose authority this machine does not know (SSL_CERT_FILE)?",
        "时钟是否正确？途中是否有代理，而本机没有它的 CA 证书（SSL_CERT_FILE）？";
    connection(url, detail):
        "{url}: {detail}",
        "{url} 连接失败（原文：{detail}）";
    try_online():
        "is this machine online? A file that was downloaded elsewhere: `lookout models add`",
        "本机是否联网？在别处下载的文件可用 `lookout models add` 添加";
    disk(why):
        "cannot be written to disk: {why}",
        "无法写入磁盘：{why}";
    progress(done, all, speed):
        "{done} of {all}, {speed}",
        "{done}，共 {all}，{speed}";
}
