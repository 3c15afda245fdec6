import type { AuthorityView } from '#hosted/api.ts';

export type RemoteMedium = 'mobile' | 'page';

/** How a vendor's own service is reached: by its phone app where it has one, else on its own page; null: it has keys alone. */
export const mediumOf = ({ media }: Pick<AuthorityView, 'media'>): RemoteMedium | null =>
  media.includes('mobile') ? 'mobile' : media.includes('page') ? 'page' : null;
