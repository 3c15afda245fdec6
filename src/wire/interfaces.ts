/**
 * The eleven printed interfaces as data: names, order, labels and types exactly as the specification prints them. Readers, writers, `sign`,
 * refusals and the docs page are derived from this table; a test holds it against the specification's own text.
 */
export interface PrintedField {
  readonly name: string;
  readonly zh: string;
  readonly type: 'String' | 'Int' | 'Json对象';
  readonly required: boolean;
}

export interface PrintedInterface {
  readonly no: number;
  readonly title: string;
  readonly path: string;
  readonly summary: string;
  /** Who calls: a trading system the hub, or the hub the trading system (readings 6.1). */
  readonly caller: 'trading-system' | 'hub';
  /** Whether this version serves (or calls) it. */
  readonly offered: boolean;
  readonly request: readonly PrintedField[];
  readonly response: readonly PrintedField[];
}

const must = (name: string, zh: string): PrintedField => ({ name, zh, type: 'String', required: true });
const may = (name: string, zh: string): PrintedField => ({ name, zh, type: 'String', required: false });

/** The text writes it in two ways; the words are kept where they stand. */
const unitOfHub = must('caUnitId', 'CA互认服务平台分配的标识');
const unitOfShared = must('caUnitId', 'CA共享互认服务平台分配的标识');
const taskId = must('taskId', '标识本次任务');
const orgcode = must('orgcode', '平台代码');
const standBy = may('standBy', '备用参数');
const sign = must('sign', '签名');
const idNumber = must('idNumber', '证件编号');
const unitName = must('unitName', '企业名称');
const unitCode = must('unitCode', '企业社会统一信用代码');
const signCert = must('signCert', '签名证书');
const encCert = must('encCert', '加密证书');
const signCertSn = must('signCertSn', '签名证书序列号');
const encCertSn = must('encCertSn', '加密证书序列号');

const subject = [
  must('userName', '用户名称'),
  must('idType', '证件类型'),
  idNumber,
  unitName,
  unitCode,
  signCert,
  encCert,
  signCertSn,
  encCertSn,
  must('certEndTime', '证书到期时间'),
  must('legalName', '法人'),
  must('legalIdcard', '法人身份证'),
  must('signature', '签章'),
];

const CODE_ZH =
  '响应码，200即为成功； 除了上述规定的业务码以外，任何非200的业务码，均视为请求失败，将msg内容提示给用户';
const code: PrintedField = { name: 'code', zh: CODE_ZH, type: 'Int', required: true };
const envelope = [code, must('msg', '响应信息'), may('errData', '异常堆栈信息')];
const dataOf = (zh: string): PrintedField => ({ name: 'data', zh, type: 'Json对象', required: false });
const answerWithData = [...envelope, dataOf('响应内容，成功时的返回内容')];

export const interfaces = {
  userSynchro: {
    no: 1,
    title: '数据同步',
    path: '/api/ca/userSynchro',
    summary: '业务系统调用CA互认服务平台接口进行数据推送，数据用于后期用户登录验证、加解密等操作。',
    caller: 'trading-system',
    offered: true,
    request: [unitOfHub, ...subject, standBy, sign],
    response: [code, must('msg', '响应消息'), may('errData', '异常消息'), dataOf('成功时的返回内容')],
  },
  changeCert: {
    no: 2,
    title: '证书续费、变更、注销',
    path: '/api/ca/changeCert',
    summary: '此接口用于业务系统有证书信息变化时需与CA共享互认系统进行数据同步。',
    caller: 'trading-system',
    offered: true,
    request: [unitOfShared, ...subject, must('paType', '参数类型（0延期，1变更，2注销）'), standBy, sign],
    response: answerWithData,
  },
  startCheck: {
    no: 3,
    title: '发起登录鉴权',
    path: '/api/ca/startCheck',
    summary: '此接口用于向CA共享互认服务平台发起鉴权登陆，CA共享互认平台返回适用于该签章用户的鉴权网页。',
    caller: 'trading-system',
    offered: true,
    request: [unitOfShared, taskId, orgcode, standBy, sign],
    response: [...envelope, must('Loginurl', '返回用于登陆的url')],
  },
  feedbackResult: {
    no: 4,
    title: '登录鉴权',
    path: '/api/ca/feedbackResult',
    summary: '此接口用于CA共享互认服务平台鉴权成功后推送结果给要登陆的业务系统，以便系统完成登陆。',
    caller: 'hub',
    offered: true,
    // The text prints signCertSn twice; a JSON member stands once (readings L12).
    request: [
      orgcode,
      unitOfShared,
      taskId,
      signCertSn,
      idNumber,
      signCert,
      encCert,
      encCertSn,
      unitName,
      unitCode,
      sign,
    ],
    response: answerWithData,
  },
  encrypt: {
    no: 5,
    title: '加密',
    path: '/api/ca/encrypt',
    summary: '由CA互认服务平台调用合作机构服务，由证书服务厂商提供解密方法并返回加密串。',
    caller: 'trading-system',
    offered: true,
    request: [idNumber, unitCode, taskId, must('decData', '明文'), encCertSn, standBy, sign],
    response: [must('encdata', '密文'), taskId],
  },
  startdecrypt: {
    no: 6,
    title: '发起解密',
    path: '/api/ca/startdecrypt',
    summary: '此接口用于向CA共享互认服务平台发起解密，弹出解密页面。',
    caller: 'trading-system',
    offered: true,
    request: [unitOfShared, taskId, orgcode, must('encData', '密文'), standBy, sign],
    response: [...envelope, must('decrypturl', '返回用于解密的url')],
  },
  decrypt: {
    no: 7,
    title: '解密',
    path: '/api/ca/decrypt',
    summary: '发起解密后，通过CA解密页面对密文进行解密，再由CA互认服务平台调用业务系统传递解密串。',
    caller: 'hub',
    offered: true,
    request: [taskId, must('decData', '明文'), encCert, encCertSn, standBy, sign],
    response: [must('data', '明文'), taskId],
  },
  startSignature: {
    no: 8,
    title: '发起在线电子签名/签章',
    path: '/api/ca/startSignature',
    summary:
      '签章附件通过接口模式对附件流进行传输，交互完成后展现在弹出签章页中，展现的签章页为用户所持CA数字证书的签章页。',
    caller: 'trading-system',
    offered: true,
    request: [unitOfHub, orgcode, taskId, must('attFile', '密文附件流'), standBy, sign],
    response: [taskId, must('signurl', '返回签章url')],
  },
  onSignature: {
    no: 9,
    title: '签章文件返回',
    path: '/api/ca/onSignature',
    summary: '通过接口模式对附件流进行传输，交互完成后通过事件响应直接上传至业务系统，完成在线签章动作。',
    caller: 'hub',
    offered: true,
    request: [unitOfHub, taskId, orgcode, must('attFile', '签章后文件流'), standBy, sign],
    response: answerWithData,
  },
  startiframesign: {
    no: 10,
    title: '引入签章厂商签章在线服务',
    path: '/api/ca/startiframesign',
    summary:
      '此接口用于向CA共享互认服务平台发起在线签章服务，调取用户使用的签章服务对应的签章页面。签章后业务系统可以通过上传本地签章文件方式进行签章文件上传。',
    caller: 'trading-system',
    offered: true,
    request: [unitOfShared, taskId, orgcode, sign],
    response: [...envelope, must('signurl', '返回用于签章的url')],
  },
} as const satisfies Record<string, PrintedInterface>;

export type InterfaceName = keyof typeof interfaces;

/** No. 11 has no path: the vendors' own tools sign, then the document goes to the trading system. */
export const offlineSigning = {
  no: 11,
  title: '离线签章',
  summary:
    '签名、签章工具页面由各个合作机构自行开发，CA互认服务平台不接入签章驱动，用户在合作机构提供的签名、签章工具进行签章，签章完毕后交互到业务系统。',
} as const;

export const interfaceOf = (name: InterfaceName): PrintedInterface => interfaces[name];

/** Every member name printed anywhere in a request. */
export const printedNames: ReadonlySet<string> = new Set(
  Object.values(interfaces).flatMap((entry) => entry.request.map((field) => field.name)),
);
