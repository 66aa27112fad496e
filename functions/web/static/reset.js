import { done, form, mailToken, post } from "./api.js";

form(async (fields) => {
  await post("/v1/auth/password/reset", { token: mailToken(), ...fields });
  done();
});
