/** Of a receiver's URL: what is sent here is never answered. */
export const hangingPath = 'hang';
/** Of a receiver's URL: what is sent here is answered 500 at once. */
export const failingPath = 'fail';
