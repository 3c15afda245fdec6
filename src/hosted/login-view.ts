import type { LoginSnapshot } from '#identity/view.ts';
import type { LoginView } from './api.ts';
import { mobileView } from './view-parts.ts';
import { visitView } from './visit-view.ts';

/** The page's wire form of a login. `bound` false is in the snapshot already: it holds nothing that another browser may not read. */
export const loginView = async (snapshot: LoginSnapshot): Promise<LoginView> => ({
  ...visitView(snapshot),
  mobile: await mobileView(snapshot.mobile),
});
