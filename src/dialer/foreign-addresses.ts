import { createServer } from 'node:net';

/** Those of some IP addresses that this machine does not have, and so cannot connect from. */
export async function foreignAddresses(addresses: readonly string[]): Promise<string[]> {
  const areOwn = await Promise.all(addresses.map(isOwn));
  return addresses.filter((_, index) => !areOwn[index]);
}

// Asked of the system itself: its list of interfaces names 127.0.0.1 alone of a whole network.
function isOwn(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(0, address, () => server.close(() => resolve(true)));
  });
}
