/** An expected reason why the server cannot start or go on, told in one plain sentence; `main` prints the message alone and exits with 1. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
