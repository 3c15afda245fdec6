/**
 * Every way in which the hub says no: one table from which types, wire numbers, sentences and the docs page are derived.
 *
 * `wire`   the `code` member on `/api/ca/*` (readings 6.6)
 * `zh`     the person's sentence: what happened + what to do now; `{name}` is filled from the refusal's params
 * `mender` who can mend it
 * `retry`  whether the same request may succeed later without a change
 */
export interface CatalogueRow {
  readonly wire: number;
  readonly zh: string;
  readonly mender: 'integrator' | 'person' | 'vendor' | 'operator';
  readonly retry: boolean;
}

const row = (wire: number, zh: string, mender: CatalogueRow['mender'], retry = false): CatalogueRow => ({
  wire,
  zh,
  mender,
  retry,
});

export const catalogue = {
  // the request itself
  FIELD_MISSING: row(400, '缺少必填项 {field}（{label}）。', 'integrator'),
  FIELD_INVALID: row(400, '{field}（{label}）的内容不符合要求：{reason}。', 'integrator'),
  FIELD_TYPE: row(400, '{field}（{label}）应为{expected}。', 'integrator'),
  BODY_NOT_JSON: row(400, '请求内容不是规范的 JSON：{reason}。', 'integrator'),
  BODY_NOT_UTF8: row(400, '请求内容不是 UTF-8 编码，请使用 UTF-8 编码后重新提交。', 'integrator'),
  SIGN_AMBIGUOUS: row(400, '签名原文有歧义：{field} 的内容中含有“&”与参数名的组合，请修改后重新提交。', 'integrator'),
  BODY_TOO_LARGE: row(413, '提交的内容过大（上限 {limit}），请缩小后重新提交。', 'integrator'),
  PLAINTEXT_TOO_LARGE: row(
    413,
    '待加密的内容超过 1 MB。请先用 SM4 加密内容，本接口只加密 SM4 密钥；开标文件请使用开标接口密封上传。',
    'integrator',
  ),
  BODY_CUT_OFF: row(400, '内容没有传完，请检查网络后重新提交。', 'integrator', true),
  CONTENT_MISMATCH: row(422, '收到的内容与请求头 X-Ca-Content-Sm3 不一致，请重新计算并提交。', 'integrator'),
  REQUEST_REPLAYED: row(409, '该请求已处理过，请换用新的 X-Ca-Nonce 重新签名后提交。', 'integrator'),
  ROUTE_UNKNOWN: row(404, '接口地址不存在，请核对接口文档中的地址与请求方式。', 'integrator'),
  INTERFACE_NOT_OFFERED: row(404, '{title}接口在当前版本中尚未开放，请联系互认平台管理员了解开放时间。', 'operator'),
  METHOD_NOT_ALLOWED: row(405, '该接口只接受 {allow} 方式的请求。', 'integrator'),
  RATE_LIMITED: row(429, '请求过于频繁，请在 {seconds} 秒后重试。', 'integrator', true),
  // who is calling
  UNIT_UNKNOWN: row(401, '接入单位标识未登记，请联系交易系统客服核对。', 'integrator'),
  UNIT_HEADER_NEEDED: row(
    401,
    '无法确定是哪个接入单位的请求，请在请求头 X-Ca-Unit-Id 中填写接入单位标识。',
    'integrator',
  ),
  SIGN_MISSING: row(400, '缺少必填项 sign（签名）。', 'integrator'),
  SIGN_WRONG: row(401, '交易系统请求校验未通过，请联系交易系统客服。', 'integrator'),
  SIGN_OTHER_PATH: row(
    409,
    '同样的签名已用于另一个接口，请为本接口换用新的任务标识（taskId）后重新签名提交。',
    'integrator',
  ),
  UNIT_SUSPENDED: row(403, '接入单位已停用，请联系互认平台管理员。', 'operator'),
  PLATFORM_UNKNOWN: row(403, '平台代码未在该接入单位下登记，请联系交易系统客服核对。', 'integrator'),
  RETURN_URL_UNREGISTERED: row(403, '返回地址未登记，请联系交易系统客服核对。', 'integrator'),
  // tasks
  TASK_CONFLICT: row(409, '该任务标识已用于内容不同的请求，请更换任务标识后重新发起。', 'integrator'),
  TASK_UNKNOWN: row(404, '任务不存在，请核对任务标识。', 'integrator'),
  TASK_EXPIRED: row(410, '链接已失效，请从交易系统重新发起。', 'person'),
  TASK_ENDED: row(410, '这次操作已经结束，请从交易系统重新发起。', 'person'),
  LINK_INVALID: row(404, '链接不完整或已失效，请从交易系统重新发起。', 'person'),
  LINK_SUPERSEDED: row(410, '交易系统已重新发起本次操作，请使用最新打开的页面。', 'person'),
  OTHER_BROWSER: row(403, '该链接已在另一浏览器中打开，请从交易系统重新进入。', 'person'),
  TICKET_INVALID: row(403, '登录凭据无效或已使用，请从交易系统重新发起。', 'person'),
  CHALLENGE_USED: row(409, '本次验证请求已使用，请重新发起验证。', 'person'),
  CHALLENGE_EXPIRED: row(410, '验证请求已超过有效时间，请重新验证。', 'person', true),
  CANCELLED_BY_PERSON: row(410, '您已取消本次操作，请从交易系统重新发起。', 'person'),
  // certificates
  CERTIFICATE_UNREADABLE: row(
    422,
    '{field}（{label}）不是可识别的数字证书，请提交 PEM、Base64 或十六进制的证书内容。',
    'integrator',
  ),
  SERIAL_MISMATCH: row(422, '{field}（{label}）与所提交证书的序列号不一致，请核对。', 'integrator'),
  SERIAL_REUSED: row(
    409,
    '证书（尾号 {tail}）的序列号已登记了内容不同的另一张证书，请联系 {authority} 核实。',
    'vendor',
  ),
  CERTIFICATE_PURPOSE: row(422, '{field}（{label}）的密钥用途不是{purpose}，请提交正确的证书。', 'integrator'),
  ISSUER_UNKNOWN: row(422, '该证书的签发机构未接入互认平台，请使用已接入机构的证书。', 'person'),
  CHAIN_INVALID: row(422, '证书链校验未通过，请使用正规渠道签发的证书。', 'person'),
  CERTIFICATE_NOT_YET_VALID: row(422, '证书自 {date} 起生效，现在还不能使用。', 'person'),
  CERTIFICATE_EXPIRED: row(422, '证书已于 {date} 到期，不能用于登录。请到 {authority} 办理延期。', 'person'),
  CERTIFICATE_REVOKED: row(422, '证书已被 {authority} 吊销，请使用新证书。', 'person'),
  CERTIFICATE_CANCELLED: row(422, '该证书已在交易系统中注销，请使用新证书。', 'person'),
  CERTIFICATE_SUPERSEDED: row(422, '该证书已办理延期或变更，请使用新证书登录，并保留这把 UKey 至开标结束。', 'person'),
  CERTIFICATE_STATUS_UNAVAILABLE: row(
    422,
    '暂时无法查询证书状态，为安全起见本次登录未通过，请在 5 分钟后重试。',
    'vendor',
    true,
  ),
  CERTIFICATE_PAIR_MISMATCH: row(422, '签名证书与加密证书不属于同一主体，请核对。', 'integrator'),
  CERTIFICATE_PAIR_AUTHORITY: row(422, '签名证书与加密证书不是同一 CA 机构签发，请核对。', 'integrator'),
  IDENTITY_MISMATCH: row(422, '{field}（{label}）与证书中记载的不一致，请核对后重新提交。', 'integrator'),
  IDENTITY_AMBIGUOUS: row(422, '证书中记载的主体信息互相矛盾，请联系 {authority} 核实。', 'vendor'),
  CHECK_DIGIT_WRONG: row(422, '{field}（{label}）的校验位不正确，请核对。', 'integrator'),
  END_TIME_MISMATCH: row(422, 'certEndTime（证书到期时间）晚于证书实际到期时间，请核对。', 'integrator'),
  ALGORITHM_NOT_ALLOWED: row(422, '证书算法不在允许范围内，请使用国密证书。', 'person'),
  CERTIFICATE_NOT_ENROLLED: row(422, '该证书尚未在本省公共资源交易主体库登记，请先在交易系统完成证书绑定。', 'person'),
  CERTIFICATE_TO_CANCEL_UNKNOWN: row(404, '要注销的证书不存在，该主体名下的证书尾号为：{tails}。', 'integrator'),
  SIGNATURE_WRONG: row(422, '证书签名校验未通过，请重新验证。', 'person', true),
  CHALLENGE_WRONG: row(422, '签名内容与本次登录不符，请重新验证。', 'person', true),
  // encryption and decryption
  RECIPIENT_UNKNOWN: row(
    404,
    '没有找到与证书序列号、单位代码、证件号码都一致的加密证书，请核对，或先同步该主体的证书。',
    'integrator',
  ),
  RECIPIENT_UNUSABLE: row(422, '加密证书（尾号 {tail}）{reason}，不能用于加密，请使用该主体现在的证书。', 'integrator'),
  /** One sentence for every failed opening: what exactly failed stands in the journal alone. */
  DECRYPT_FAILED: row(
    425,
    '解密未成功，文件未受影响，可重试。请确认使用的是加密时的那张证书；仍不成功时请把编号告诉客服。',
    'person',
    true,
  ),
  KEY_NOT_NEEDED: row(422, '本次解密不需要 {authority} 的证书，请使用加密时的那张证书。', 'person'),
  // openings and capsules
  OPENING_UNKNOWN: row(404, '开标项目不存在，请核对开标编号。', 'integrator'),
  OPENING_STATE: row(409, '开标项目{state}，不能进行这一步操作。', 'person'),
  OPENING_CLOSED: row(410, '投标截止时间（北京时间 {time}）已到，不再接收、替换或撤回文件。', 'person'),
  OPENING_TIME_FIXED: row(409, '{what}只能推迟，不能早于已公告的北京时间 {time}。', 'integrator'),
  NOT_YET_OPEN: row(451, '未到开标时间（北京时间 {time}），任何人都不能打开。', 'person', true),
  NOT_RELEASED: row(451, '开标密钥尚未释放，请等待托管人到齐后再解密。', 'person', true),
  TIME_DISTRUSTED: row(451, '平台时钟正在核对，开标暂缓，文件仍然密封；请等待主持人通知。', 'operator', true),
  WINDOW_OVER: row(410, '解密时间已于北京时间 {time} 结束，请联系开标主持人。', 'person'),
  LOT_UNKNOWN: row(404, '标段编号不在该开标项目中，请核对。', 'integrator'),
  CAPSULE_UNKNOWN: row(404, '没有找到这份密封文件，请核对后重新提交。', 'integrator'),
  CAPSULE_REPLACED: row(409, '该文件已被新版本替换，只有最后提交的版本可以打开。', 'integrator'),
  CAPSULE_WITHDRAWN: row(410, '该文件已撤回，不能打开。', 'integrator'),
  CAPSULE_MALFORMED: row(422, '密封文件不完整或格式不符，请重新生成后提交。', 'integrator'),
  CAPSULE_MISMATCH: row(422, '密封文件与本次提交不一致（{reason}），请按本项目的密封凭据重新生成。', 'integrator'),
  CAPSULE_TOO_LARGE: row(413, '密封文件超过本接入单位允许的大小（上限 {limit}），请缩小后重新提交。', 'integrator'),
  CAPSULE_CERTIFICATE: row(422, '密封所用的加密证书未登记或不能使用，请先同步证书，再重新密封。', 'integrator'),
  CUSTODIANS_INSUFFICIENT: row(422, '托管人设置不符合要求：{reason}。', 'integrator'),
  OFFICE_CERTIFICATE: row(422, '{name} 的{which}不能使用：{reason}', 'integrator'),
  OFFICE_UNKNOWN: row(403, '您不在本次开标的{role}名单中，请使用登记的证书登录。', 'person'),
  CHECK_IN_EARLY: row(451, '签到自北京时间 {time} 开始，请届时再来。', 'person', true),
  CHECK_IN_FAILED: row(422, '签到自检未通过，请确认插入的是登记的 UKey 后重试。', 'person', true),
  SHARE_REPLAYED: row(409, '这份密钥份额已经提交过，无需重复提交。', 'person'),
  SHARE_SEAT_TAKEN: row(409, '该席位的密钥份额已经释放，无需重复操作。', 'person'),
  SHARE_BAD: row(422, '密钥份额核对不符，请确认插入的是登记的 UKey 后重试。', 'person', true),
  REHEARSAL_FAILED: row(
    422,
    '自检未通过：这把 UKey 解不开为它密封的测试内容，请换用投标时的 UKey 再试。',
    'person',
    true,
  ),
  REHEARSAL_OVER: row(410, '这次自检已经结束，请重新开始。', 'person', true),
  REWRAP_INVALID: row(422, '重新加密的内容校验未通过，原文件未受影响，请重试。', 'person', true),
  CONTENT_LINK_INVALID: row(410, '下载地址无效、已使用或已过期，请重新获取。', 'integrator'),
  CLOCK_STATEMENT_DIFFERS: row(422, '您声明的时间与平台时间相差过大，开标仍然暂缓，请联系管理员核对。', 'operator'),
  // the hall
  HALL_SEAT_ENDED: row(403, '您在开标大厅的登录已结束，请重新登录。', 'person'),
  HALL_NO_OFFICE: row(403, '这张证书在本次开标中没有席位，请使用登记的证书登录。', 'person'),
  HALL_NOT_YOURS: row(403, '这一步由{who}办理，您的席位不能办理。', 'person'),
  HALL_SIGNER: row(403, '请用登录本席位的同一张证书签名。', 'person'),
  HALL_TOO_FEW: row(
    409,
    '截至开标时间共 {count} 家，不足 {least} 家，依法不得开标。请确认终止，文件将原封退回。',
    'person',
  ),
  HALL_ENOUGH: row(409, '投标家数已满足开标条件，不能以家数不足终止。', 'person'),
  PROPOSAL_OWN: row(403, '提议人不能确认自己的提议，请由另一位人员确认。', 'person'),
  PROPOSAL_DECIDED: row(409, '这项提议已有结果或已超过时间，请查看最新状态。', 'person'),
  REMEDY_NOT_ALLOWED: row(403, '招标文件没有规定这项补救，请选择其他方式。', 'person'),
  RESPONSE_GIVEN: row(409, '贵单位已对开标结果作出确认或异议，不能再次提交。', 'person'),
  RESPONSE_CLOSED: row(410, '确认与异议的时间已过，请在交易系统中提出。', 'person'),
  // vendors and the key
  AUTHORITY_SUSPENDED: row(422, '{authority} 已暂停互认服务，请使用其他 CA 证书。', 'vendor'),
  AUTHORITY_UNAVAILABLE: row(
    424,
    '{authority} 的服务暂时没有响应，请在 1 分钟后重试，或使用其他 CA 证书。',
    'vendor',
    true,
  ),
  AUTHORITY_REFUSED: row(424, '{authority} 未能完成验证：{reason}', 'vendor', true),
  MOBILE_CANCELLED: row(424, '您已在手机上取消，请重新扫码。', 'person', true),
  MOBILE_EXPIRED: row(424, '二维码已过期，请刷新后重新扫码。', 'person', true),
  VENDOR_PAGE_CANCELLED: row(424, '您已在{authority}的页面上取消，请重新前往。', 'person', true),
  VENDOR_PAGE_EXPIRED: row(424, '{authority}的页面已过期，请重新前往。', 'person', true),
  // the trading system's side
  PLATFORM_NO_ANSWER: row(424, '交易系统未响应，请返回交易系统重新登录。', 'integrator', true),
  PLATFORM_REFUSED: row(424, '{platform} 提示：{message}', 'integrator'),
  FILE_NOT_TAKEN: row(424, '文件内容已解密，但交易系统没有开通接收文件，请联系交易系统客服。', 'integrator', true),
  // documents
  DOCUMENT_NOT_PDF: row(422, '文件不是 PDF，请提交 PDF 文件。', 'integrator'),
  DOCUMENT_FORMAT: row(422, '只支持 PDF 文件，收到的是 OFD 或办公文档，请转换为 PDF 后重新提交。', 'integrator'),
  FILE_NOT_ENCRYPTED: row(
    422,
    'attFile（密文附件流）没有加密：本接入单位约定文件须用文件密钥以 SM4 加密，请加密后重新提交。',
    'integrator',
  ),
  FILE_KEY_WRONG: row(
    422,
    'attFile（密文附件流）用文件密钥解密后不是 PDF，请核对文件密钥、加密方式与 IV 的位置。',
    'integrator',
  ),
  DOCUMENT_ENCRYPTED: row(422, 'PDF 文件设有密码或权限加密，请取消加密后重新提交。', 'person'),
  DOCUMENT_BROKEN: row(422, 'PDF 文件不完整或结构有误，请向出具方索取原文件。', 'person'),
  DOCUMENT_TOO_COMPLEX: row(422, 'PDF 文件的页数、对象数或结构超出可处理的范围，请拆分或另存后重新提交。', 'person'),
  DOCUMENT_CERTIFIED: row(422, '文件已由签署人认证为不可再改，不能继续签章，请向出具方索取未认证的文件。', 'person'),
  DOCUMENT_MISSING: row(409, '还没有要签章的文件，请先选择 PDF 文件。', 'person'),
  DOCUMENT_CHANGED: row(409, '文件在您查看之后有了变化，请核对页面上的最新内容后重新签章。', 'person', true),
  // signing
  SIGNER_UNPROVED: row(403, '请先选择证书并输入 PIN，确认签章人身份后再签章。', 'person'),
  SIGNER_OTHER_UNIT: row(
    403,
    '交易系统要求由单位代码为 {code} 的单位签章，当前证书不属于该单位，请更换证书。',
    'person',
  ),
  PLACEMENT_INVALID: row(422, '印章位置不符合要求：{reason}，请重新摆放。', 'person'),
  SEAL_ALGORITHM: row(422, '电子印章只能用国密（SM2）证书签章，请更换证书，或改用印章图片。', 'person'),
  SIGNING_EXPIRED: row(410, '本次签章准备已超过有效时间，请重新签章。', 'person', true),
  SIGNING_USED: row(409, '这次签章已经处理过，请查看页面上的最新文件。', 'person'),
  SIGNATURE_NOT_TAKEN: row(422, '签章未成功：签名不是由当前证书对应的密钥产生，请重新签章。', 'person', true),
  TIMESTAMP_UNAVAILABLE: row(424, '时间戳服务暂时没有响应，本次没有签章，请在 1 分钟后重试。', 'operator', true),
  PLAN_CHANGED: row(409, '印章位置已在另一个窗口中改动，请选择以哪一边为准。', 'person'),
  NOTHING_SIGNED: row(409, '文件还没有签章，请先加盖印章再提交。', 'person'),
  SIGNED_NOT_DELIVERED: row(
    424,
    '文件已签章，但交易系统暂未接收；平台会保留文件并继续处理，请联系交易系统客服，也可先下载签章后的文件。',
    'integrator',
    true,
  ),
  SIGNATURES_FULL: row(409, '本页签章次数已达上限（{most} 次），请先提交，再从交易系统重新发起。', 'person'),
  // offline signing
  OFFLINE_JOB_UNKNOWN: row(404, '没有这个离线签署任务，请核对任务编号。', 'integrator'),
  OFFLINE_JOB_USED: row(409, '这个离线签署任务已经完成，不能再次提交结果。', 'integrator'),
  OFFLINE_JOB_EXPIRED: row(410, '离线签署任务已超过有效时间，请重新生成任务。', 'integrator'),
  OFFLINE_RESULT_OTHER: row(422, '提交的文件不是任务所指的文件，请核对后重新提交。', 'integrator'),
  OFFLINE_RESULT_UNBOUND: row(422, '文件末尾没有由本任务产生的签名，请用任务文件重新离线签署。', 'integrator'),
  OFFLINE_RESULT_CHANGED: row(422, '签署时文件内容同时被改动，不能接受，请用原文件重新离线签署。', 'person'),
  OFFLINE_RESULT_INVALID: row(422, '离线签署的签名无效，请核对签署所用的证书后重新签署。', 'person'),
  OFFLINE_RESULT_UNDECIDED: row(424, '暂时无法判定签署证书的状态，请在 10 分钟后重新提交结果。', 'operator', true),
  OFFLINE_RESULT_SIGNER: row(422, '签署所用的证书不是任务指定的证书，请用指定的证书重新签署。', 'person'),
  // seals
  SEAL_UNREADABLE: row(422, '提交的内容不是可识别的电子印章，请提交制章机构签发的印章数据（Base64）。', 'integrator'),
  SEAL_UNKNOWN: row(404, '没有找到这枚印章，请核对印章编号。', 'integrator'),
  SEAL_HOLDER_UNKNOWN: row(422, '印章授权的证书均未在本接入单位登记，请先同步持有人的证书，再登记印章。', 'integrator'),
  SEAL_HOLDERS_DIFFER: row(422, '印章授权的证书属于不同的单位，请联系制章机构核实。', 'vendor'),
  SEAL_MAKER_UNKNOWN: row(422, '印章的制章机构未接入互认平台，请使用已接入机构制作的印章。', 'person'),
  SEAL_MAKER_UNUSABLE: row(422, '印章的制章机构证书{reason}，印章不能使用，请联系制章机构换发。', 'vendor'),
  SEAL_MAKER_STATUS: row(
    422,
    '暂时无法查询制章机构证书的状态，为安全起见印章暂不能使用，请在 5 分钟后重试。',
    'vendor',
    true,
  ),
  SEAL_ALTERED: row(
    422,
    '印章校验未通过：印章的图案或授权名单与制章机构签发的不一致，请使用原始的印章数据。',
    'person',
  ),
  SEAL_NOT_YET_VALID: row(422, '印章自 {date} 起有效，现在还不能使用。', 'person'),
  SEAL_EXPIRED: row(422, '印章已于 {date} 到期，请联系制章机构换发。', 'person'),
  SEAL_PICTURE: row(422, '印章图案不能使用：{reason}。请更换印章。', 'person'),
  SEAL_TOO_LARGE: row(
    422,
    '印章数据有 {size}，超过 {most}，UKey 和手机证书都不能用它签章，请联系制章机构换发图案文件较小的印章。',
    'vendor',
  ),
  SEAL_IMAGE_NOT_TAKEN: row(
    422,
    '交易系统只接受由制章机构签发的电子印章，不能使用印章图片，请改用电子印章。',
    'person',
  ),
  SEAL_NOT_YOURS: row(403, '这枚印章没有授权给当前使用的证书，请更换证书，或联系印章管理人授权。', 'person'),
  SEAL_SUSPENDED: row(409, '这枚印章已暂停使用，请联系印章管理人。', 'person'),
  SEAL_REVOKED: row(410, '这枚印章已作废，请改用其他印章。', 'person'),
  SEAL_REPLACED: row(410, '这枚印章已被更换，请刷新页面后重新选择印章。', 'person'),
  SEAL_STATE: row(409, '印章{state}，不能进行这一步操作。', 'integrator'),
  SEAL_POWER: row(403, '该证书没有这枚印章的{power}权限，请由有权限的人员办理。', 'person'),
  // the certificate control
  CONTROL_ORIGIN_UNREGISTERED: row(
    403,
    '页面来源 {origin} 未在该平台登记，不能使用证书控件，请联系互认平台管理员。',
    'integrator',
  ),
  CONTROL_NOT_ALLOWED: row(403, '交易系统没有为本页面申请这项证书操作，请联系交易系统客服。', 'integrator'),
  // the hub's side
  INPUT_NOT_ALLOWED: row(403, '请求来源不被允许，请从交易系统重新进入。', 'person'),
  SERVICE_BUSY: row(503, '系统繁忙，请在 {seconds} 秒后重试。', 'operator', true),
  INTERNAL: row(500, '互认平台处理时遇到问题，请在 1 分钟后重试；仍不成功时请把编号告诉客服。', 'operator', true),
} as const satisfies Record<string, CatalogueRow>;

export type ErrorCode = keyof typeof catalogue;
