const TOKEN = /^[A-Za-z0-9_-]{16,64}$/;

/**
 * The session token of what somebody pasted: a link with words around it, its path, or the token
 * alone. Which server the link names does not matter: it is looked up at this one.
 * @param {string} text
 * @returns {string | null}
 */
export function tokenOfLink(text) {
  const linked = text.match(/\/s\/([A-Za-z0-9_-]{1,64})(?![A-Za-z0-9_-])/)?.[1];
  if (linked) return linked;
  const bare = text.trim();
  return TOKEN.test(bare) ? bare : null;
}
