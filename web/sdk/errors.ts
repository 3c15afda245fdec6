import type { CaHubErrorCode } from './ca-hub.d.ts';

/** The person's sentence of each failure, and the GM/T 0016 code where one fits. Used by the SDK and by the hub's frame. */
const rows: Readonly<Record<CaHubErrorCode, readonly [message: string, sar?: string]>> = {
  BAD_ARGUMENT: ['调用证书控件的参数不正确，请联系交易系统客服。', '0x0A000006'],
  TOO_LARGE: ['内容超过 1 MB，证书控件不能处理，请联系交易系统客服。', '0x0A000006'],
  FRAME_BLOCKED: ['证书控件没有打开，请刷新页面后重试；仍不成功时请联系交易系统客服。'],
  TIMEOUT: ['证书控件长时间没有答复，请刷新页面后重试。'],
  CLOSED: ['证书控件已关闭，请刷新页面后重试。'],
  CANCELLED: ['您已取消本次操作。'],
  AGENT_NOT_FOUND: ['没有找到证书助手，请安装并启动后重试。'],
  AGENT_DENIED: ['浏览器不允许访问本机的证书助手，请在地址栏左侧的网站设置中改为“允许”。'],
  AGENT_NOT_PAIRED: ['证书助手尚未与本平台配对，请按证书助手的说明完成配对。'],
  AGENT_FAILED: ['证书助手处理时遇到问题，请重新插入 UKey 后重试。', '0x0A000001'],
  KEY_NOT_FOUND: ['没有找到这张证书，请插入对应的 UKey 后重试。', '0x0A00001B'],
  KEY_REMOVED: ['UKey 已拔出，本次操作未完成，请重新插入。', '0x0A000023'],
  PIN_LOCKED: ['UKey 已锁定，请联系签发证书的 CA 机构解锁。', '0x0A000025'],
  SIGN_REFUSED: ['证书助手没有签名，请刷新页面后重试。'],
  DECRYPT_FAILED: ['解密未成功，请确认使用的是加密时的那张证书。', '0x0A000001'],
  NOT_GRANTED: ['交易系统没有为本页面申请这项证书操作，请联系交易系统客服。'],
  SESSION_ENDED: ['证书控件的使用时间已到，请刷新页面后重试。'],
  HUB_REFUSED: ['互认平台没有接受本次操作，请联系交易系统客服。'],
  HUB_UNREACHABLE: ['连接不上互认平台，请检查网络后重试。'],
};

/** A failure as it travels between frame and page. */
export interface Failure {
  readonly code: CaHubErrorCode;
  readonly message: string;
  readonly sar: string | null;
  readonly remaining: number | null;
  readonly hubCode: string | null;
  readonly supportCode: string | null;
}

export const failure = (code: CaHubErrorCode, more: Partial<Omit<Failure, 'code'>> = {}): Failure => ({
  code,
  message: rows[code][0],
  sar: rows[code][1] ?? null,
  remaining: null,
  hubCode: null,
  supportCode: null,
  ...more,
});

export const isFailureCode = (code: unknown): code is CaHubErrorCode =>
  typeof code === 'string' && Object.hasOwn(rows, code);

export class CaHubError extends Error {
  readonly code: CaHubErrorCode;
  readonly sar: string | null;
  readonly remaining: number | null;
  readonly hubCode: string | null;
  readonly supportCode: string | null;

  constructor({ code, message, sar, remaining, hubCode, supportCode }: Failure) {
    super(message);
    this.name = 'CaHubError';
    this.code = code;
    this.sar = sar;
    this.remaining = remaining;
    this.hubCode = hubCode;
    this.supportCode = supportCode;
  }
}
