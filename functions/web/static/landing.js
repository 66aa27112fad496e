import { enter, signedIn } from "./api.js";

// Whoever is signed in goes on where they were.
if (signedIn()) enter().catch(() => {});
