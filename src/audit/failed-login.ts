/** The reason of a refusal that is a failed login: a proof verified and found wrong. */
export const FAILED_LOGIN = 'password';
