#include "model/company.h"

#include <gtest/gtest.h>

#include "model/free_mail_domains.h"

namespace rapport::model {
namespace {

TEST(Company, FindsTheRegistrableDomainOfAHost) {
  const struct {
    std::string_view host, domain;  // empty: none
  } cases[] = {
      {"acme.com", "acme.com"},
      {"mail.acme.com", "acme.com"},
      {"mail.acme.co.uk", "acme.co.uk"},
      {"a.b.c.acme.com.br", "acme.com.br"},
      {"WWW.Acme.COM", "acme.com"},
      {" acme.com ", "acme.com"},
      {"acme.com.", "acme.com"},
      {"shop.acme.github.io", "acme.github.io"},
      {"acme.internal", "acme.internal"},
      {"www.ck", "www.ck"},
      {"xn--bcher-kva.example", "xn--bcher-kva.example"},
      {"mail.bücher.de", "bücher.de"},
      {"www.食狮.公司.cn", "食狮.公司.cn"},
      {"co.uk", ""},
      {"com", ""},
      {"localhost", ""},
      {"", ""},
      {".", ""},
      {"acme..com", ""},
      {".acme.com", ""},
      {"10.0.0.1", ""},
      {"[::1]", ""},
      {"fe80::1.de", ""},
      {"acme.com/path", ""},
      {"acme com.de", ""},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(registrable_domain(c.host).value_or(""), c.domain) << c.host;
  }
  EXPECT_FALSE(registrable_domain(std::string(300, 'a') + ".com"));
  EXPECT_FALSE(registrable_domain(std::string_view("acme\0.com", 9)));
}

TEST(Company, ComesFromTheMailDomainUnlessThatIsFreeMail) {  // CH-13
  const struct {
    std::string_view email, domain;
  } cases[] = {
      {"ana@acme.example", "acme.example"},
      {"ana@mail.acme.co.uk", "acme.co.uk"},
      {"ana@gmail.com", ""},
      {"ana@GMAIL.com", ""},
      {"ana@yahoo.co.uk", ""},
      {"ana@mail.yahoo.co.jp", ""},
      {"ana@privaterelay.appleid.com", ""},
      {"ana@appleid.com", "appleid.com"},
      {"ana@mailinator.com", ""},
      {"ana@x.mailinator.com", ""},
      {"ana@notgmail.com", "notgmail.com"},
      {"ana@gmail.com.acme.de", "acme.de"},
      {"ana@10.0.0.1", ""},
      {"ana", ""},
      {"ana@", ""},
      {"", ""},
  };
  for (const auto& c : cases) EXPECT_EQ(company_domain(c.email).value_or(""), c.domain) << c.email;
}

TEST(Company, KnowsFreeMailDomains) {
  EXPECT_GE(kFreeMailDomains.size(), 250u);
  for (const std::string_view domain : kFreeMailDomains) {
    EXPECT_TRUE(is_free_mail(domain)) << domain;
    EXPECT_NE(domain.find('.'), std::string_view::npos) << domain;
  }
  EXPECT_FALSE(is_free_mail("acme.example"));
  EXPECT_FALSE(is_free_mail(""));
}

TEST(Company, NamesBothListsInItsVersion) {
  const std::string_view version = company_list_version();
  EXPECT_NE(version.find("suffixes "), std::string_view::npos);
  EXPECT_NE(version.find(" free-mail "), std::string_view::npos);
  EXPECT_EQ(version, company_list_version());
}

}  // namespace
}  // namespace rapport::model
