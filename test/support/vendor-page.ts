/** A person's browser on a vendor's own page, without a screen: forms, a cookie, no script. */
export interface VendorPageVisit {
  /** The page as it stands; the first time tells the vendor that somebody has come. */
  open(): Promise<string>;
  /** One try. Answers the page that follows. */
  signIn(pin: string): Promise<string>;
  /** Signs in where nobody is, and confirms; answers where the browser is sent. */
  confirm(fields?: URLSearchParams): Promise<string>;
  cancel(): Promise<string>;
}

export function openVendorPage(
  url: string,
  { account, pin }: { readonly account: string; readonly pin: string },
): VendorPageVisit {
  let cookie = '';
  const post = async (deed: string, fields: URLSearchParams): Promise<Response> => {
    const reply = await fetch(`${url}/${deed}`, {
      method: 'POST',
      redirect: 'manual',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        origin: new URL(url).origin,
        ...(cookie !== '' && { cookie }),
      },
      body: fields,
    });
    cookie = reply.headers.get('set-cookie')?.split(';')[0] ?? cookie;
    return reply;
  };
  const open = async (): Promise<string> => (await fetch(url, { headers: cookie === '' ? {} : { cookie } })).text();
  const signIn = async (given: string): Promise<string> => {
    const reply = await post('sign-in', new URLSearchParams({ account, pin: given }));
    return reply.status === 303 ? open() : reply.text();
  };
  const sentTo = async (reply: Response): Promise<string> => reply.headers.get('location') ?? reply.text();
  return {
    open,
    signIn,
    async confirm(fields = new URLSearchParams()) {
      if (cookie === '') await signIn(pin);
      return sentTo(await post('confirm', fields));
    },
    cancel: async () => sentTo(await post('cancel', new URLSearchParams())),
  };
}
