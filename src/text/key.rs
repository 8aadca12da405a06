//! Keys: of those who command boxes, and the one by which a box signs.

sentences! { "key";
    // ---- what is no key
    no_private_key(why):
        "it is no private Ed25519 key as a JWK: {why}",
        "不是 JWK 格式的 Ed25519 私钥：{why}";
    no_name():
        "this is no name of a key: lower-case letters, digits, `-` and `_`, at most 64, for example `desk-1`",
        "密钥名不合规：只能用小写字母、数字、`-` 和 `_`，最多 64 个字符，例如 `desk-1`";
    no_random_numbers():
        "the system gives no random numbers",
        "系统无法提供随机数";
    no_text():
        "it is no text",
        "内容不是文本";
    not_json():
        "it is not JSON",
        "内容不是 JSON";
    other_kind():
        "`kty` must be OKP and `crv` Ed25519",
        "`kty` 须是 OKP，`crv` 须是 Ed25519";
    d_missing():
        "`d` is missing: is this a public key?",
        "缺少 `d`，这可能是公钥";
    d_wrong_size():
        "`d` is no 32 bytes in base64url",
        "`d` 不是 base64url 编码的 32 字节";
    d_no_key():
        "`d` is no key",
        "`d` 不是密钥";
    other_half():
        "`x` does not belong to `d`",
        "`x` 与 `d` 不是一对";
    kid_no_thumbprint():
        "`kid` is not the key's thumbprint (RFC 7638)",
        "`kid` 不是该密钥的指纹（RFC 7638）";

    // ---- the box's own
    box_key(file):
        "the box's key {file}",
        "本机密钥 {file}";
    no_file(key):
        "{key} is no file",
        "{key} 不是文件";
    of_other_user(key, uid):
        "{key} belongs to another user (uid {uid})",
        "{key} 属于其他用户（uid {uid}）";
    open_to_others(key, mode):
        "{key} can be read by other users (mode {mode})",
        "{key} 可被其他用户读取（权限 {mode}）";
    unreadable(key, error):
        "{key} cannot be read: {error}",
        "{key} 无法读取：{error}";
    damaged(key, why):
        "{key} is damaged: {why}",
        "{key} 已损坏：{why}";
    of_other_box(key, other, this):
        "{key} was made for the box `{other}`, and this is `{this}`",
        "{key} 是为盒子 `{other}` 生成的，而本机是 `{this}`";
    not_made(key, why):
        "{key} could not be made: {why}",
        "{key} 无法生成：{why}";
    not_made_without_area(area):
        "no key is made while `area` is still the placeholder {area}",
        "`area` 仍是占位的 {area}，暂不生成密钥";
    try_setting_area():
        "say on the page where this box stands, or set `area` below [site] in the file and start anew; then the key is made by itself",
        "在页面上填写盒子所在的县区，或在配置的 [site] 中设置 `area` 并重新启动；密钥随后自动生成";
    put_aside(area):
        "the key that was made while `area` was {area} is put aside: this box makes its own",
        "`area` 还是 {area} 时生成的密钥已移到一旁，本机另生成自己的密钥";
    not_written(key, error):
        "{key} could not be written: {error}",
        "{key} 无法写入：{error}";
    try_copy(file):
        "put it back from a copy, or move it away: the next start makes another, which the command centre has to register in its place: mv {file} {file}.old",
        "从备份恢复，或者把它移走：下次启动会另做一把，指挥中心须改登记新的：mv {file} {file}.old";
    try_replacing(file):
        "others may have read or replaced it: move it away (mv {file} {file}.old), start anew and register the new one; if you are sure that they have not, give it to the owner of its folder with mode 600",
        "可能已被他人读取或替换：把它移走（mv {file} {file}.old），重新启动并登记新的一把；如能确认没有，把它改回目录属主所有、权限 600";
    try_own_key(file, owner):
        "a box whose disk was copied from another one needs a key of its own: mv {file} {file}.old, start anew and register the new one; if this box only got another name, rm {owner} and start anew",
        "磁盘复制自另一个盒子的，须另用一把：mv {file} {file}.old，重新启动并登记新的一把；如果只是改了名字，rm {owner} 后重新启动";
    try_owner(file):
        "`ls -l {file}` shows who may read it",
        "用 `ls -l {file}` 查看谁可以读取";
    try_next_start():
        "the folder of [outbox] must be writable and have room; the next start tries again",
        "[outbox] 的目录须可写且有空间；下次启动会再试";
    signs():
        "messages are signed",
        "消息带签名发送";
    made_for_box():
        "made the key by which this box signs; `lookout keys box` prints its public half for the command centre",
        "已生成本机签名所用的密钥；用 `lookout keys box` 可输出公钥，交指挥中心登记";
    owner_not_written():
        "whose the box's key is could not be written down beside it",
        "无法在密钥旁记下它属于哪个盒子";
    none_yet(file):
        "this box has no key yet: {file} is not there",
        "这个盒子还没有密钥：没有 {file}";
    try_starting():
        "it is made at the first start: systemctl start lookout",
        "首次启动时生成：systemctl start lookout";
    shown(name, id, jwk):
        "box         {name}\nkey id      {id}\npublic key  {jwk}",
        "盒子      {name}\n密钥标识  {id}\n公钥      {jwk}";

    // ---- `lookout keys`
    role_expected():
        "there are desk, operator and admin",
        "有 desk、operator 和 admin";
    there_already(path):
        "{path} is there already",
        "{path} 已经存在";
    try_other_name():
        "a lost key is replaced by one with another name; nothing is overwritten",
        "遗失的密钥须换一个名字另做一把；不会覆盖已有文件";
    file_not_written(path, why):
        "{path} cannot be written: {why}",
        "{path} 无法写入：{why}";
    try_own_folder():
        "--out names a folder that this user may write, and that is no folder of a box",
        "--out 须是当前用户可写的目录，且不是盒子上的目录";
    out_looks_like_file(path):
        "--out must name a folder, and {path} looks like the name of a file",
        "--out 须是目录，而 {path} 像是文件名";
    try_folder(folder):
        "the key becomes the file NAME.jwk in that folder: --out {folder}",
        "密钥会写成该目录里的 NAME.jwk：--out {folder}";
    made(path, name):
        "the private key is in {path}; who holds it is `{name}`\nthese lines go to the end of the box's configuration:",
        "私钥在 {path}，持有者名为 `{name}`\n以下几行加到盒子配置的末尾：";
    none_configured():
        "no keys: acknowledgements and marks are taken unsigned, and nothing else",
        "没有密钥：只接受未签名的签收和回执，其他一概不接受";
    type_it():
        "type or paste the command, a JSON object; Ctrl-D on a line of its own ends it",
        "请输入或粘贴命令（一个 JSON 对象）；在空行按 Ctrl-D 结束";
    the_command(path):
        "the command {path}",
        "命令 {path}";
    command_on_input():
        "the command on standard input",
        "标准输入的命令";
    text_too_long(most):
        "it is longer than {most} KiB",
        "超过 {most} KiB";
    text_not_utf8():
        "it is no text in UTF-8",
        "不是 UTF-8 文本";
    command_empty(command):
        "{command} is empty",
        "{command}：内容为空";
    command_signed(command):
        "{command} is signed already",
        "{command}：已经签名";
    try_publishing():
        "publish it as it is, or sign the JSON that it was made from",
        "请原样发布，或对签名前的 JSON 签名";
    command_no_json(command, error):
        "{command} is no JSON: {error}",
        "{command}：不是 JSON（原文：{error}）";
    try_double_quotes(hint):
        "{hint}; JSON has double quotes, so in a shell put single ones around the whole",
        "{hint}；JSON 用双引号，在命令行里请用单引号把整段括起来";
    command_ambiguous(command, why):
        "{command} cannot be signed: {why}",
        "{command}：无法签名：{why}";
    try_unambiguous():
        "it would be another command for some readers; each name stands once in its object, and what is larger than 2^53 - 1 is written as a text, in quotes",
        "不同程序会读出不同的命令；同一对象里每个名称只能出现一次，大于 2^53 - 1 的数请写成带引号的文本";
    command_no_object(command, what):
        "{command} must be a JSON object, and it is {what}",
        "{command}：须是 JSON 对象，而这是{what}";
    a_list():
        "a list: each command is signed by itself",
        "一个列表：每条命令须单独签名";
    a_text():
        "a text",
        "一段文本";
    a_number():
        "a number",
        "一个数字";
    a_word():
        "a single word",
        "一个单词";
    command_unknown_fields(command, which):
        "{command} is not signed: {which}",
        "{command}：没有签名：{which}";
    command_unknown(command, name):
        "{command} is not signed: there is no command `{name}`",
        "{command}：没有签名：没有 `{name}` 这条命令";
    no_such_command(name):
        "a box of this version has no command `{name}`",
        "与本程序同版本的盒子没有 `{name}` 这条命令";
    try_meant_command(name, names):
        "did you mean `{name}`? the commands are {names}",
        "是否想写 `{name}`？命令有 {names}";
    try_commands(names):
        "the commands are {names}",
        "命令有 {names}";
    try_allowing(hint):
        "{hint}. If the box is newer than this program, --allow-unknown signs it as it is",
        "{hint}。如果盒子的版本比本程序新，可用 --allow-unknown 照原样签名";
    box_ignores(which):
        "a box of this version goes without it: {which}",
        "与本程序同版本的盒子会忽略它：{which}";
    box_refuses(why):
        "the box will refuse this command: {why}",
        "盒子会拒绝该命令：{why}";
    try_example(example):
        "one looks like {example}; `lookout keys sign --help` names the fields of every command",
        "完整的写法如 {example}；`lookout keys sign --help` 列出了各命令的字段";
    try_fields(fields, example):
        "{fields}; one looks like {example}",
        "{fields}；完整的写法如 {example}";
    fields_of_commands(of_all, each):
        "Fields of each command, beside {of_all}:\n{each}",
        "各命令的字段（此外都有 {of_all}）：\n{each}";

    // ---- what was named in place of a private key
    is_configuration(make):
        "this is a configuration, which names public keys only; signing takes the private half, the file NAME.jwk of who commands; {make}",
        "这是配置文件，里面只有公钥；签名须用下命令者的私钥，即文件 NAME.jwk；{make}";
    is_public_jwk(make):
        "this is the public half of a key; signing takes the private half, the file NAME.jwk of who commands; {make}",
        "这是公钥；签名须用下命令者的私钥，即文件 NAME.jwk；{make}";
    is_boxs_own(make):
        "this is the key by which a box signs what it says; signing commands takes the private key of who commands, the file NAME.jwk; {make}",
        "这是盒子为自己的消息签名的密钥；给命令签名须用下命令者的私钥，即文件 NAME.jwk；{make}";
    is_command(make):
        "this is a command, not a key: --key names the private key of who commands, the file NAME.jwk; {make}",
        "这是命令，不是密钥：--key 须是下命令者的私钥，即文件 NAME.jwk；{make}";
    is_signed_command(make):
        "this is a signed command, not a key: --key names the private key of who commands, the file NAME.jwk; {make}",
        "这是已签名的命令，不是密钥：--key 须是下命令者的私钥，即文件 NAME.jwk；{make}";
}
