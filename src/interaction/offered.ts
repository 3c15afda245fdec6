import type { Authority } from '#drivers/authority.ts';
import type { Channel } from '#drivers/contract.ts';
import type { DriverHosts } from '#drivers/host.ts';

/**
 * The active authorities as a page offers them: of a vendor's own services only those whose driver has every channel that the page asks over. A key in the
 * computer needs no service.
 */
export const offered = (
  drivers: Pick<DriverHosts, 'offers'>,
  known: readonly Authority[],
  ...channels: readonly Channel[]
): Authority[] =>
  known
    .filter(({ status }) => status === 'active')
    .map((authority) => {
      const { manifest } = authority;
      const can = (medium: (typeof manifest.media)[number]): boolean =>
        medium === 'key' || channels.every((channel) => drivers.offers(authority, medium, channel));
      return { ...authority, manifest: { ...manifest, media: manifest.media.filter(can) } };
    });
