#include "main/commands/demo_stories.h"

namespace rapport {

namespace {

constexpr DemoLine kLateEn[] = {
    {'c',
     {"Hi, my order {} should have been here on Monday.",
      "Hello, any news about order {}? It is three days late.",
      "Order {} still says \"on its way\". Since last week."}},
    {'a',
     {"I am sorry about the wait. Order {} left the depot this morning.",
      "Sorry! The carrier scanned {} an hour ago, it arrives tomorrow.", ""}},
    {'c', {"Good, thanks for checking.", "Okay, tomorrow works for me.", "Finally. Thank you."}},
    {'.', {"resolved", "", ""}}};
constexpr DemoLine kRefundEn[] = {
    {'c',
     {"I was charged twice for order {}. Please look into it.",
      "There are two payments for {} on my card.",
      "I sent {} back two weeks ago and have no refund yet."}},
    {'a',
     {"I can see that, and I cannot refund it myself.",
      "You are right. A refund needs a colleague of mine.", ""}},
    {'c', {"Then let me talk to a person.", "Can somebody do it now, please?", ""}},
    {'!', {"refund for {}, asks for a person", "", ""}},
    {'p',
     {"Hi, Lena here. The refund for {} is on its way, two working days.",
      "Hello, this is Owen. I have just refunded {}.", ""}},
    {'c', {"Great, thanks for the quick help.", "Perfect, thank you!", "Thanks."}},
    {'.', {"resolved", "", ""}}};
constexpr DemoLine kLoginEn[] = {
    {'c',
     {"I can't log in, it says my password is wrong.", "The reset mail does not arrive.",
      "Your app logs me out every time I open it."}},
    {'a',
     {"I have sent you a new link. Please look into the spam folder too.",
      "Please try the link I have just sent, it works for an hour.", ""}},
    {'c', {"That worked, thanks!", "I'm in again. Cheers.", "Got it."}},
    {'.', {"resolved", "", ""}}};
constexpr DemoLine kWrongEn[] = {
    {'c',
     {"I ordered the green teapot and got a blue one. Order {}.",
      "The parcel for {} has somebody else's things in it.", "Order {}: two cups are missing."}},
    {'a',
     {"That should not happen. Could you send us a photo?",
      "I am sorry. Shall we send the right one, or refund it?", ""}},
    {'c', {"The right one, please, it is a present for Friday.", "Photo is on its way.", ""}}};
constexpr DemoLine kPlanEn[] = {
    {'c',
     {"We are 40 people now. What would the team plan cost us?",
      "Do you deliver to offices every month? We are about 25.", ""}},
    {'a', {"For teams we make an offer. Shall somebody call you?", "", ""}},
    {'c', {"Yes please, any morning this week.", "Yes, best after four.", ""}}};

constexpr DemoLine kTardeEs[] = {
    {'c',
     {"Hola, ¿dónde está mi pedido {}?", "Buenas, el pedido {} tenía que llegar el lunes.",
      "Llevo una semana esperando el pedido {}."}},
    {'a',
     {"Su pedido {} salió ayer y llegará mañana antes de las 14 h.",
      "Disculpe la espera. El transportista lo entrega hoy por la tarde.", ""}},
    {'c', {"Perfecto, muchas gracias.", "Vale, estaré en casa.", "Gracias por mirarlo."}},
    {'.', {"resolved", "", ""}}};
constexpr DemoLine kRotoEs[] = {
    {'c',
     {"El pedido {} llegó roto y necesito otro para el viernes.",
      "Me han enviado la tetera equivocada, pedido {}.",
      "Faltan dos tazas en la caja del pedido {}."}},
    {'a',
     {"Lo siento mucho. ¿Puede enviarnos una foto?", "Vaya, lo siento. ¿Me manda una foto?", ""}},
    {'c',
     {"Ya la envié dos veces. Quiero hablar con alguien.",
      "Ahí va. Pero prefiero que me atienda una persona.", ""}},
    {'!', {"pedido {} dañado o equivocado, pide una persona", "", ""}},
    {'p',
     {"Buenas, soy Marta. El nuevo sale hoy con envío urgente.",
      "Hola, soy Iván. Mañana mismo lo tiene ahí, sin coste.", ""}},
    {'c', {"Mil gracias por su ayuda.", "Así da gusto. Gracias.", ""}}};
constexpr DemoLine kClaveEs[] = {
    {'c',
     {"No puedo entrar en mi cuenta.", "La aplicación no acepta mi contraseña nueva.",
      "No me llega el correo para cambiar la clave."}},
    {'a', {"Le acabo de enviar un enlace nuevo; mire también en spam.", "", ""}},
    {'c', {"Ya está, gracias.", "Ahora sí. ¡Gracias!", "Funciona, muy amable."}},
    {'.', {"resolved", "", ""}}};
constexpr DemoLine kReembolsoEs[] = {
    {'c',
     {"Devolví el pedido {} y aún no veo el reembolso.", "Me han cobrado dos veces el pedido {}.",
      ""}},
    {'a', {"Lo compruebo. El reembolso se hizo ayer; el banco tarda dos días.", "", ""}},
    {'c', {"De acuerdo, espero hasta el jueves.", "Vale, gracias por la información.", ""}},
    {'.', {"resolved", "", ""}}};

constexpr DemoLine kTelatId[] = {
    {'c',
     {"Pesanan {} sudah seminggu belum sampai.", "Kak, paket {} saya kok belum datang ya?",
      "Resi pesanan {} tidak bergerak sejak Senin."}},
    {'a',
     {"Mohon maaf. Paket masih di gudang kurir sejak Senin.",
      "Maaf atas keterlambatannya, sedang kami cek ke kurir.", ""}},
    {'c',
     {"Tolong sambungkan ke petugas, ini mendesak.", "Boleh bicara dengan orangnya langsung?", ""}},
    {'!', {"paket {} terlambat, minta petugas", "", ""}},
    {'p',
     {"Halo, dengan Dewi. Kurir akan mengantar hari ini sebelum pukul 18.",
      "Selamat siang, saya Rizky. Paketnya kami kirim ulang hari ini.", ""}},
    {'c', {"Oke, saya tunggu.", "Baik, terima kasih Kak.", ""}}};
constexpr DemoLine kSandiId[] = {
    {'c',
     {"Halo, saya lupa kata sandi dan email reset tidak masuk.",
      "Saya tidak bisa masuk ke akun sejak pagi.", "Aplikasinya selalu minta login ulang."}},
    {'a', {"Baik, tautan baru sudah kami kirim. Mohon cek folder spam juga.", "", ""}},
    {'c', {"Sudah masuk, terima kasih banyak!", "Sudah bisa. Makasih ya.", ""}},
    {'.', {"resolved", "", ""}}};
constexpr DemoLine kSalahId[] = {
    {'c',
     {"Barang yang datang salah warna, pesanan {}.", "Pesanan {} isinya bukan punya saya.",
      "Cangkirnya pecah satu, pesanan {}."}},
    {'a', {"Mohon maaf, boleh kirim fotonya?", "Maaf sekali. Mau diganti atau uang kembali?", ""}},
    {'c', {"Diganti saja, fotonya menyusul.", "Ini fotonya ya.", "Uang kembali saja."}}};
constexpr DemoLine kDanaId[] = {
    {'c',
     {"Kapan dana pesanan {} dikembalikan?", "Saya sudah bayar pesanan {} dua kali, mohon dicek.",
      ""}},
    {'a', {"Dana sudah kami kembalikan kemarin, masuk dalam dua hari kerja.", "", ""}},
    {'c', {"Baik, saya cek lagi hari Kamis.", "Terima kasih infonya.", ""}},
    {'.', {"resolved", "", ""}}};

constexpr DemoStory kStories[] = {
    {"en", "shipping", 4, kLateEn},  {"es", "shipping", 4, kTardeEs},
    {"en", "refund", 5, kRefundEn},  {"id", "login", 5, kSandiId},
    {"es", "returns", 0, kRotoEs},   {"en", "login", 4, kLoginEn},
    {"id", "shipping", 0, kTelatId}, {"en", "returns", 0, kWrongEn},
    {"es", "login", 5, kClaveEs},    {"id", "returns", 0, kSalahId},
    {"en", "sales", 0, kPlanEn},     {"es", "refund", 3, kReembolsoEs},
    {"id", "refund", 4, kDanaId}};

constexpr std::string_view kFirstEn[] = {"Grace", "Tom",   "Priya", "Sam",  "Hannah", "Leroy",
                                         "Maeve", "Oscar", "Ruth",  "Theo", "Wendy",  "Kofi"};
constexpr std::string_view kLastEn[] = {"Okafor", "Lindqvist", "Nair",   "Whitlock", "Byrne",
                                        "Castle", "Dunmore",   "Ellery", "Farrow",   "Gill"};
constexpr std::string_view kFirmsEn[] = {"northwind-tea.example", "fjordkit.example",
                                         "hollow-oak.example", "brightyard.example",
                                         "ninth-street.example"};
constexpr std::string_view kFirstEs[] = {"Lucía", "Diego",  "Carmen", "Javier",  "Inés",   "Mateo",
                                         "Rocío", "Álvaro", "Pilar",  "Nicolás", "Ximena", "Tomás"};
constexpr std::string_view kLastEs[] = {"Herrera", "Paredes", "Ibáñez", "Quiroga", "Serrano",
                                        "Molina",  "Ocaña",   "Ríos",   "Vidal",   "Peña"};
constexpr std::string_view kFirmsEs[] = {"talleres-herrera.example", "olivar-sur.example",
                                         "cafe-del-puerto.example", "lana-y-sol.example"};
constexpr std::string_view kFirstId[] = {"Siti",  "Budi", "Agus", "Dewi",  "Rizky", "Putri",
                                         "Wahyu", "Ayu",  "Bayu", "Intan", "Fajar", "Ratna"};
constexpr std::string_view kLastId[] = {"Rahmawati", "Santoso", "Wijaya",  "Lestari",   "Pratama",
                                        "Hidayat",   "Kusuma",  "Saputra", "Anggraini", "Nugroho"};
constexpr std::string_view kFirmsId[] = {"kopi-nusantara.example", "batik-laras.example",
                                         "warung-maju.example", "rempah-timur.example"};

constexpr DemoNames kNames[] = {{"en", kFirstEn, kLastEn, kFirmsEn},
                                {"es", kFirstEs, kLastEs, kFirmsEs},
                                {"id", kFirstId, kLastId, kFirmsId}};

}  // namespace

std::span<const DemoStory> demo_stories() {
  return kStories;
}

std::span<const DemoNames> demo_names() {
  return kNames;
}

}  // namespace rapport
