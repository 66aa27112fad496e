// Passkeys, where the browser has them: they are bound to a name, so that an
// address in numbers has none.
export const passkeys = window.PublicKeyCredential?.parseRequestOptionsFromJSON !== undefined && !/^[\d.]+$|:/.test(window.location.hostname);

// A ceremony has two steps: begin gives the options, finish takes the answer.
export async function get(send) {
  const { ceremony, options } = await send({ step: "begin" });
  const credential = await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options.publicKey) });
  return { step: "finish", ceremony, response: credential.toJSON() };
}

export async function create(send, name) {
  const { ceremony, options } = await send({ step: "begin" });
  const credential = await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options.publicKey) });
  return { step: "finish", ceremony, response: credential.toJSON(), name };
}
