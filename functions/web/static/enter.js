import { enter, forget, signedIn } from "./api.js";

// A page that needs a sign-in was opened without one.
const toSignIn = () => window.location.replace("/login");
if (signedIn()) enter().catch(() => { forget(); toSignIn(); });
else toSignIn();
