import { driverFor } from '#drivers/authority.ts';
import type { AgentView, AuthorityView } from './api.ts';
import type { HostedDeps } from './deps.ts';
import { authorityView } from './view-parts.ts';

/** A program on the person's computer that stands in front of keys. */
export interface LocalService {
  /** Loopback WebSocket URLs, all tried at once. */
  readonly endpoints: readonly string[];
  readonly dialect: Dialect;
  /** Whose program it is; none: the hub's own agent. */
  readonly vendors: readonly AuthorityView[];
}

/** The browser half of a driver, as far as the hub must know it. */
export interface Dialect {
  /** Module name under web/hosted/dialects. */
  readonly module: string;
  /** Its service draws PIN windows of its own, which pages show in a frame. */
  readonly pinWindow: boolean;
}

export const ownAgent = (endpoints: readonly string[]): LocalService => ({
  endpoints,
  dialect: { module: 'standard-key', pinWindow: true },
  vendors: [],
});

/** The services of active vendors whose manifest names one. Vendors that share a program share an entry. */
export async function vendorServices({
  store,
  authorities,
  dialects,
}: Pick<HostedDeps, 'store' | 'authorities' | 'dialects'>): Promise<readonly LocalService[]> {
  const found = new Map<string, LocalService>();
  for (const authority of await authorities.list(store.read)) {
    const { agent, media } = authority.manifest;
    const dialect = dialects.get(driverFor(authority, 'key'));
    if (authority.status !== 'active' || !media.includes('key') || agent === undefined || dialect === undefined)
      continue;
    const name = [dialect.module, ...agent.endpoints].join(' ');
    const vendors = [...(found.get(name)?.vendors ?? []), authorityView(authority)];
    found.set(name, { endpoints: agent.endpoints, dialect, vendors });
  }
  return [...found.values()];
}

/** Every service that a page looks for, the hub's own agent first where there is one. */
export const allServices = (
  agentEndpoints: readonly string[],
  vendors: readonly LocalService[],
): readonly LocalService[] =>
  agentEndpoints.length === 0 && vendors.length > 0 ? vendors : [ownAgent(agentEndpoints), ...vendors];

export const agentView = (assets: HostedDeps['assets'], { endpoints, dialect, vendors }: LocalService): AgentView => {
  const name = `dialects/${dialect.module}.js`;
  return { endpoints, dialect: { url: assets.url(name), integrity: assets.integrity(name) }, vendors };
};

/** Where the services listen, and the modules that speak to them. */
export async function agentViews(
  deps: Pick<HostedDeps, 'agentEndpoints' | 'assets' | 'store' | 'authorities' | 'dialects'>,
): Promise<readonly AgentView[]> {
  const services = allServices(deps.agentEndpoints, await vendorServices(deps));
  return services.map((service) => agentView(deps.assets, service));
}
