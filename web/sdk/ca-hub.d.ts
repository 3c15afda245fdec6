/**
 * CA 互认枢纽 SDK：交易系统自己的页面使用数字证书（统一数字证书控件，函数名取自 GM/T 0020）。
 *
 *   import { openControl } from 'https://hub.example/sdk/v1/ca-hub.mjs';
 *   <script src="https://hub.example/sdk/v1/ca-hub.js"></script>   // 全局 CaHub
 *
 * 每个调用恰有一个结果：成功的值，或一个 CaHubError。PIN 码只在枢纽的框架或证书助手自己的窗口中输入。
 */
export as namespace CaHub;

/** 本 SDK 的版本，如 `1.0.0`。 */
export declare const version: string;

/** 打开证书控件。一个页面打开一次；页面刷新后须由服务器重新申请 `frame`。 */
export declare function openControl(options: ControlOptions): Promise<CaControl>;

/** 把签章页嵌入本页。浏览器访问证书助手所需的权限由本函数授予框架。每次打开恰有一个结果：`ended`。 */
export declare function openSigning(options: SigningOptions): Signing;

export interface SigningOptions {
  /** startSignature 或 startiframesign 返回的 `signurl`，原样传入；每个地址打开一次。 */
  readonly signurl: string;
  /** 放置框架的元素；框架占满它，高度不小于 640 像素为宜。 */
  readonly host: HTMLElement;
  readonly onEvent?: (event: SigningEvent) => void;
  /** 为 true 时，用户自选文件的签章（startiframesign）完成后把文件交给本页。 */
  readonly takeDocument?: boolean;
  /** 等待签章页连通的毫秒数；默认 20000。 */
  readonly timeout?: number;
}

export interface Signing {
  readonly frame: HTMLIFrameElement;
  /** 恰好一次；从不失败（失败也是结果）。它只用于界面：签章文件以 onSignature 推送的为准。 */
  readonly ended: Promise<SigningEnd>;
  /** 移除框架；尚未结束的以 failed、CLOSED 结束。任务本身不受影响，可用同一请求重新取得地址。 */
  close(): void;
}

/** 进展，可能没有，也可能重复。 */
export type SigningEvent =
  /** 签章页已打开并与本页连通。 */
  | { readonly type: 'opened' }
  /** 文件已显示（`pages` 页）。 */
  | { readonly type: 'shown'; readonly name: string; readonly pages: number }
  /** 用户已用证书证明身份。 */
  | { readonly type: 'identified' }
  /** 已加盖 `signatures` 次，尚未提交。 */
  | { readonly type: 'sealed'; readonly signatures: number }
  /** 已签署，正在推送给交易系统。 */
  | { readonly type: 'delivering' }
  /** 用户改在新窗口中办理；结果仍由 `ended` 给出。 */
  | { readonly type: 'moved' };

export type SigningEnd =
  | {
      readonly type: 'signed';
      readonly name: string;
      /** 签章后文件的 SM3，十六进制；用户在新窗口中办理的为 null。 */
      readonly sm3: string | null;
      /** 仅 `takeDocument` 且为用户自选文件。 */
      readonly document: Blob | null;
    }
  | { readonly type: 'cancelled' }
  | { readonly type: 'expired' }
  | {
      readonly type: 'failed';
      readonly code: CaHubErrorCode;
      readonly message: string;
      readonly hubCode: string | null;
      readonly supportCode: string | null;
    };

export interface ControlOptions {
  /** 服务器调用 POST /api/ca/ext/control 得到的 `frame`，原样传入。 */
  readonly frame: string;
  /** 放置框架的元素；默认 document.body。 */
  readonly host?: HTMLElement;
  /** 等待框架连通的毫秒数；默认 20000。 */
  readonly timeout?: number;
}

export type ControlOperation = 'sign' | 'verify' | 'encrypt' | 'decrypt';

/** 文字按 UTF-8 编码；不超过 1 MB。 */
export type ControlData = string | Uint8Array;

export interface CaControl {
  /** 本次申请到的操作。 */
  readonly operations: readonly ControlOperation[];
  /** 到期时间；到期后重新申请。 */
  readonly expiresAt: Date;

  /** 控件与证书助手的版本。 */
  SOF_GetVersion(): Promise<string>;
  /** 当前插入的证书，包括不能使用的（`usable` 为 false，`reason` 是原因）。 */
  SOF_GetUserList(): Promise<readonly UserCertificate[]>;
  /** 签名证书，Base64 DER。 */
  SOF_ExportUserCert(certId: string): Promise<string>;
  /** 加密证书，Base64 DER。 */
  SOF_ExportExChangeUserCert(certId: string): Promise<string>;
  /** PIN 码还可尝试的次数。 */
  SOF_GetPinRetryCount(certId: string): Promise<number>;
  /** 请用户在枢纽的窗口中输入 PIN 码；10 分钟内有效。已经登录的立即完成。 */
  SOF_Login(certId: string): Promise<void>;
  /** 结束所有已输入的 PIN 码。 */
  SOF_Logout(): Promise<void>;
  /** 签名消息（GB/T 35275 或 RFC 5652 SignedData），Base64。默认携带原文；`detached` 为 true 时不携带。用户在枢纽的窗口中确认。 */
  SOF_SignMessage(certId: string, data: ControlData, options?: { readonly detached?: boolean }): Promise<string>;
  /** 同上，不携带原文。 */
  SOF_SignData(certId: string, data: ControlData): Promise<string>;
  /** 验证签名消息；不携带原文的须提供 `data`。 */
  SOF_VerifySignedMessage(message: string, data?: ControlData): Promise<VerifyResult>;
  /** 验证任何形式的签名值；`certificate` 在消息内的可为 null。 */
  SOF_VerifySignedData(certificate: string | null, data: ControlData, signature: string): Promise<VerifyResult>;
  /** 数字信封（GB/T 35275 EnvelopedData），Base64。收件人：certId，或加密证书（Base64 DER、PEM），可以多个。 */
  SOF_EncryptData(recipients: string | readonly string[], data: ControlData): Promise<string>;
  /** 打开数字信封。内容在用户的浏览器中解密，枢纽看不到。用户在枢纽的窗口中确认。 */
  SOF_DecryptData(certId: string, envelope: string): Promise<Uint8Array>;
  /** 最近一次失败的代码；没有失败过为 null。 */
  SOF_GetLastError(): CaHubErrorCode | null;

  /** 插拔与结束；返回取消函数。 */
  on(event: ControlEvent, listener: () => void): () => void;
  /** 结束使用；未完成的调用以 CLOSED 失败。 */
  close(): void;
}

/** `keys`：证书插入或拔出，列表需要重取。`closed`：控件结束（到期、框架被移除），不再有任何结果。 */
export type ControlEvent = 'keys' | 'closed';

export interface UserCertificate {
  /** 签名证书的 SM3，十六进制：同一张证书在任何时候、任何电脑上都相同。 */
  readonly certId: string;
  readonly holder: string;
  readonly kind: 'organisation' | 'person';
  /** 签发机构；null：未接入的机构。 */
  readonly authority: string | null;
  /** 序列号后四位。 */
  readonly tail: string;
  /** ISO 8601，UTC。 */
  readonly notBefore: string;
  readonly notAfter: string;
  readonly algorithm: 'SM2' | 'RSA' | 'EC';
  readonly usable: boolean;
  /** 不能使用的原因，可直接显示；能使用为 ''。 */
  readonly reason: string;
}

export interface VerifyResult {
  readonly result: 'valid' | 'invalid' | 'indeterminate';
  /** 签名有效 / 签名无效 / 无法判定 */
  readonly sentence: string;
  /** 原因；没有为 ''。 */
  readonly reason: string;
  readonly form: string;
  readonly signers: readonly {
    readonly result: 'valid' | 'invalid' | 'indeterminate';
    readonly reason: string;
    readonly algorithm: string | null;
    readonly certificate: {
      readonly holder: string;
      readonly authority: string | null;
      readonly tail: string;
      readonly fingerprint: string;
      readonly notAfter: string;
    } | null;
    readonly time: { readonly source: 'timestamp' | 'claimed'; readonly at: string } | null;
  }[];
  readonly checkedAt: string;
}

/** 失败。`message` 是可以直接显示给用户的中文句子。用 `error instanceof CaHubError` 判断。 */
export interface CaHubError extends Error {
  readonly code: CaHubErrorCode;
  /** GM/T 0016 的返回码，如 0x0A000025；没有对应的为 null。 */
  readonly sar: string | null;
  /** PIN 码还可尝试的次数；与 PIN 码无关的为 null。 */
  readonly remaining: number | null;
  /** 枢纽拒绝时的稳定代码（见 /docs#errors）；其他为 null。 */
  readonly hubCode: string | null;
  /** 报障编号；枢纽没有参与的为 null。 */
  readonly supportCode: string | null;
}
export declare const CaHubError: abstract new (...args: never[]) => CaHubError;

export type CaHubErrorCode =
  /** 参数不对：程序的错误。 */
  | 'BAD_ARGUMENT'
  | 'TOO_LARGE'
  /** 框架没有连通：地址不对、页面来源与申请的不同，或被拦截。 */
  | 'FRAME_BLOCKED'
  | 'TIMEOUT'
  | 'CLOSED'
  /** 用户取消。 */
  | 'CANCELLED'
  | 'AGENT_NOT_FOUND'
  /** 浏览器不允许访问本机的证书助手。 */
  | 'AGENT_DENIED'
  | 'AGENT_NOT_PAIRED'
  | 'AGENT_FAILED'
  | 'KEY_NOT_FOUND'
  | 'KEY_REMOVED'
  | 'PIN_LOCKED'
  /** 证书助手没有签名：待签内容不被接受。 */
  | 'SIGN_REFUSED'
  | 'DECRYPT_FAILED'
  /** 本页面没有申请这项操作。 */
  | 'NOT_GRANTED'
  | 'SESSION_ENDED'
  /** 枢纽拒绝，见 hubCode。 */
  | 'HUB_REFUSED'
  | 'HUB_UNREACHABLE';
