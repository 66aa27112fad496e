import { enter, form, keep, post } from "./api.js";

form(async (fields) => {
  keep(await (await post("/v1/auth/login", fields)).json());
  await enter();
});

document.getElementById("forgot").addEventListener("click", async () => {
  const email = document.querySelector("[name=email]");
  if (!email.value) return email.focus();
  await post("/v1/auth/password/forgot", { email: email.value }).catch(() => {});
  document.getElementById("sent").hidden = false;
});
