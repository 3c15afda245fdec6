import { PIN_LENGTH } from './software-key.ts';

export interface PinPage {
  readonly label: string;
  /** The hub that asks. */
  readonly origin: string;
  readonly remaining: number;
  readonly language: 'zh' | 'en';
  /** CSP nonce of this answer. */
  readonly nonce: string;
}

/** 请确认窗口内容由本机提供 … fixed sentences, no error numbers; `{n}` is filled by the script. */
const words = {
  zh: {
    lang: 'zh-CN',
    title: '输入 UKey PIN 码',
    label: 'UKey PIN 码',
    from: '证书助手（本机）',
    asks: '请求来自',
    hint: 'PIN 码只留在这台电脑，网页看不到您输入的内容。',
    submit: '验证 PIN 码',
    busy: '正在验证…',
    cancel: '取消',
    done: 'PIN 码已验证，请回到页面继续。',
    empty: '请输入 PIN 码。',
    length: 'PIN 码为 4 至 32 个字符。',
    wrong: 'PIN 码不正确，还可以再试 {n} 次。全部用完后 UKey 将被锁定。',
    last: '只剩 1 次机会，再错将锁定 UKey。',
    locked: '这把 UKey 已锁定，请联系签发证书的 CA 机构解锁。',
    removed: 'UKey 已拔出，请插回后重新开始。',
    cancelled: '您已取消输入 PIN 码。',
    ended: '这个窗口已失效，请回到页面重新开始。',
    lost: '证书助手没有响应，请确认它正在运行后重试。',
  },
  en: {
    lang: 'en',
    title: 'Type the USB key PIN',
    label: 'USB key PIN',
    from: 'Certificate assistant (this computer)',
    asks: 'Requested by',
    hint: 'The PIN stays on this computer. The web page cannot see what you type.',
    submit: 'Check the PIN',
    busy: 'Checking…',
    cancel: 'Cancel',
    done: 'The PIN is right. Please go on in the page.',
    empty: 'Please type the PIN.',
    length: 'A PIN has 4 to 32 characters.',
    wrong: 'The PIN is not right. {n} tries left; after the last one the key locks itself.',
    last: 'One try is left. Another mistake locks the key.',
    locked: 'This key is locked. Please ask the vendor that issued the certificate to unlock it.',
    removed: 'The key was unplugged. Plug it in and begin again.',
    cancelled: 'You cancelled the PIN.',
    ended: 'This window is no longer valid. Please begin again in the page.',
    lost: 'The assistant does not answer. Make sure that it is running and try again.',
  },
} as const;

/** The PIN window: one field, one deed. Small enough for a frame of 320 by 250 pixels. */
export function pinPage({ label, origin, remaining, language, nonce }: PinPage): string {
  const w = words[language];
  const first = remaining === 1 ? w.last : w.hint;
  return `<!doctype html>
<html lang="${w.lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${w.title}</title>
<style nonce="${nonce}">${STYLE}</style>
</head>
<body>
<form id="form" autocomplete="off" novalidate>
<p class="who"><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M8 10V4h8v6M6 10h12v7a4 4 0 0 1-4 4h-4a4 4 0 0 1-4-4zM10.5 7h.01M13.5 7h.01"/></svg><span><b>${escapeHtml(label)}</b><small>${w.asks} ${escapeHtml(origin)}</small></span></p>
<label for="pin">${w.label}<small>${w.from}</small></label>
<input id="pin" type="password" autocomplete="off" maxlength="${PIN_LENGTH.most}" spellcheck="false" aria-describedby="hint">
<p id="hint" class="hint${remaining === 1 ? ' bad' : ''}" role="status" aria-live="polite"><svg viewBox="0 0 24 24" aria-hidden="true"><rect x="5" y="10.5" width="14" height="10" rx="1.500"/><path d="M8 10.500V7.500a4 4 0 0 1 8 0v3"/></svg><span id="words">${first}</span></p>
<p class="deeds"><button id="go" type="submit">${w.submit}</button><button id="no" type="button">${w.cancel}</button></p>
</form>
<script nonce="${nonce}">const w=${JSON.stringify(w)};${SCRIPT}</script>
</body>
</html>
`;
}

export const pinPageEnded = (language: PinPage['language'], nonce: string): string => {
  const w = words[language];
  return `<!doctype html><html lang="${w.lang}"><head><meta charset="utf-8"><title>${w.title}</title><style nonce="${nonce}">${STYLE}</style></head><body><p class="hint bad" role="alert"><span>${w.ended}</span></p></body></html>`;
};

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);

/** The hosted pages' tokens, as far as one field needs them. */
const STYLE = `
:root{--ink:#16202e;--ink-3:#5c6a7d;--paper:#fff;--edge:#7d8a9b;--line:#dfe4eb;--blue:#1a57b5;--blue-deep:#123f86;--bad:#b1271f;--ok:#17693f;--mute:#556274;--mute-soft:#eef1f5;--mute-line:#d3dae3}
*{box-sizing:border-box}
html,body{margin:0;background:var(--paper)}
body{padding:4px;color:var(--ink);font:400 16px/1.7 "PingFang SC","Noto Sans SC","Noto Sans CJK SC","Source Han Sans SC","Microsoft YaHei",sans-serif;-webkit-font-smoothing:antialiased}
p{margin:0}
svg{width:16px;height:16px;flex:none;margin-top:3px;fill:none;stroke:currentColor;stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round}
.who{display:flex;gap:10px;padding-bottom:12px;margin-bottom:14px;border-bottom:1px solid var(--line);line-height:1.5}
.who svg{width:24px;height:24px;margin-top:1px;stroke-width:1.4;color:var(--blue)}
.who b{display:block;font-size:15px}
.who small,label small{color:var(--ink-3);font-size:13px;font-weight:400;overflow-wrap:anywhere}
label{display:flex;justify-content:space-between;gap:12px;align-items:baseline;margin-bottom:6px;font-size:15px;font-weight:700}
input{width:100%;height:48px;padding:0 12px;border:1px solid var(--edge);border-radius:4px;background:var(--paper);color:inherit;font:inherit;letter-spacing:.32em}
input:disabled{background:var(--mute-soft)}
input:focus{outline:none;border-color:var(--blue);box-shadow:0 0 0 3px #c9dcf8}
input[aria-invalid=true]{border-color:var(--bad);box-shadow:inset 0 0 0 1px var(--bad)}
.hint{display:flex;gap:6px;margin-top:6px;color:var(--ink-3);font-size:13px;line-height:1.6}
.hint.bad{color:var(--bad)}.hint.ok{color:var(--ok)}
.deeds{display:flex;gap:8px;margin-top:14px}
button{min-height:40px;padding:0 16px;border:1px solid transparent;border-radius:4px;background:none;color:var(--blue);font:inherit;font-size:14px;cursor:pointer}
#go{flex:1;background:var(--blue);color:#fff;font-weight:700}
#go:hover{background:var(--blue-deep)}
button:focus-visible{outline:none;box-shadow:0 0 0 2px var(--paper),0 0 0 4px var(--blue)}
#go[disabled]{background:var(--mute-soft);border-color:var(--mute-line);color:var(--mute);font-weight:400;cursor:default}
[hidden]{display:none}
`;

/** The PIN goes to this very address and leaves the field at once. */
const SCRIPT = `
const $=(id)=>document.getElementById(id),form=$('form'),pin=$('pin'),hint=$('hint'),go=$('go'),no=$('no');
const say=(text,kind)=>{$('words').textContent=text;hint.className='hint '+kind;pin.setAttribute('aria-invalid',String(kind==='bad'))};
const end=(text,kind)=>{say(text,kind);pin.value='';pin.disabled=true;form.querySelector('.deeds').hidden=true};
const post=(body)=>fetch(location.pathname,{method:'POST',headers:{'content-type':'application/json'},body:JSON.stringify(body),credentials:'omit',redirect:'error'}).then((reply)=>reply.json());
const endings={PIN_LOCKED:w.locked,KEY_REMOVED:w.removed,PIN_CANCELLED:w.cancelled};
const show=(answer)=>{
  if(answer.state==='done')return end(w.done,'ok');
  if(answer.state==='ended')return end(endings[answer.error.code]||w.ended,'bad');
  const left=answer.error.remaining;
  say(left===undefined?w.length:left===1?w.last:w.wrong.replace('{n}',left),'bad');
};
form.addEventListener('submit',(event)=>{
  event.preventDefault();
  if(go.disabled)return;
  const typed=pin.value;
  pin.value='';
  if(typed==='')return say(w.empty,'bad'),pin.focus();
  go.disabled=true;go.textContent=w.busy;
  post({pin:typed}).then(show,()=>say(w.lost,'bad')).then(()=>{go.disabled=false;go.textContent=w.submit;if(!pin.disabled)pin.focus()});
});
addEventListener('focus',()=>pin.focus());
no.addEventListener('click',()=>{post({cancel:true}).then(show,()=>say(w.lost,'bad'))});
`;
