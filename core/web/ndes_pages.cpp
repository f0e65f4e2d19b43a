#include "web/ndes_pages.h"

#include "base/text.h"

namespace scep_ra::web {
namespace {

constexpr std::string_view head =
    R"(<HTML><Head><Meta HTTP-Equiv="Content-Type" Content="text/html; charset=UTF-8">)"
    R"(<Title>Network Device Enrollment Service</Title></Head><Body BgColor=#FFFFFF>)"
    R"(<Font ID=locPageFont Face="Arial">)"
    R"(<Table Border=0 CellSpacing=0 CellPadding=4 Width=100% BgColor=#008080><TR><TD>)"
    R"(<Font ID=locPageTitleFont Face="Arial" Size=-1 Color=#FFFFFF><LocID ID=locMSCertSrv>)"
    R"(Network Device Enrollment Service</LocID></Font></TD></TR></Table>)"
    R"(<P ID=locPageTitle> Network Device Enrollment Service allows you to obtain )"
    R"(certificates for routers or other network devices using the Simple Certificate )"
    R"(Enrollment Protocol (SCEP). </P>)";

constexpr std::string_view tail =
    R"( <P ID=locPageDesc> For more information see  <A )"
    R"(HREF=http://go.microsoft.com/fwlink/?LinkId=67852>)"
    R"(Using Network Device Enrollment Service </A>. </P></Font></Body></HTML>)";

std::string page(std::initializer_list<std::string_view> body) {
  std::size_t size = head.size() + tail.size();
  for (const std::string_view part : body) size += part.size();
  std::string text;
  text.reserve(size);  // the password must not stay behind in a buffer that was outgrown
  text += head;
  for (const std::string_view part : body) text += part;
  text += tail;
  return text;
}

// The life a script may rely on, so whole minutes that have passed by then.
std::string minutes(Seconds validity) {
  const auto whole = std::chrono::floor<std::chrono::minutes>(validity).count();
  return std::to_string(whole > 0 ? whole : 1);
}

bool is_host(std::string_view host) {
  constexpr std::string_view allowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_:[]";
  return !host.empty() && host.size() <= 255 && host.find_first_not_of(allowed) == host.npos;
}

}  // namespace

std::string password_page(const PasswordPage& facts, std::string_view password) {
  constexpr std::string_view before_thumbprint =
      "<P> To complete certificate enrollment for your network device you will need the following "
      "information: <P> The thumbprint (hash value) for the CA certificate is: <B> ";
  constexpr std::string_view before_password =
      " </B> <P> The enrollment challenge password is: <B> ";
  constexpr std::string_view before_minutes =
      " </B> <P> This password can be used only once and will expire within ";
  constexpr std::string_view end =
      " minutes. <P> Each enrollment requires a new challenge password. You can refresh this web "
      "page to obtain a new challenge password. </P>";
  return page({before_thumbprint, facts.ca_thumbprint, before_password, password, before_minutes,
               minutes(facts.validity), end});
}

std::string cache_full_page(const PasswordPage& facts) {
  // "By default" speaks of NDES's default, whatever is set here.
  constexpr std::string_view before_maximum =
      "<P> The password cache is full. <P> Network Device Enrollment Service stores unused "
      "password for later use. By default, passwords are stored for 60 minutes.<P>Use one of the "
      "existing passwords. If you cannot use an existing password: <UL> <LI> Wait until one or "
      "more existing passwords expire (by default passwords expire 60 minutes after they are "
      "created). </LI> <LI> Restart Internet Information Services (IIS). </LI> <LI> Configure the "
      "service to cache more than ";
  constexpr std::string_view end = " passwords. </LI> </UL> </P>";
  return page({before_maximum, std::to_string(facts.maximum), end});
}

std::string no_permission_page() {
  constexpr std::string_view body =
      "<P> You do not have sufficient permission to enroll with SCEP.  Please contact your system "
      "administrator. </P>";
  return page({body});
}

std::string landing_page(std::string_view host) {
  constexpr std::string_view before_url =
      "<P> This URL is used by network devices to submit certificate requests. <P> To obtain an "
      "enrollment challenge password, go to the admin URL. By default, the admin URL is ";
  const std::string origin = is_host(host) ? "http://" + std::string(host) : "";
  return page({before_url, origin, "/CertSrv/mscep_admin </P>"});
}

}  // namespace scep_ra::web
