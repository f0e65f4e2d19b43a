#pragma once

#include <string>

// The three pages of NDES as its clients publish them, with the default values: 60 minutes, 5
// passwords, 16 digits. Written apart from the code that makes them.
namespace scep_ra::web::test {

inline const std::string page_head =
    R"(<HTML><Head><Meta HTTP-Equiv="Content-Type" Content="text/html; )"
    R"(charset=UTF-8"><Title>Network Device Enrollment Service</Title></Head><Body )"
    R"(BgColor=#FFFFFF><Font ID=locPageFont Face="Arial"><Table Border=0 CellSpacing=0 )"
    R"(CellPadding=4 Width=100% BgColor=#008080><TR><TD><Font ID=locPageTitleFont Face="Arial" )"
    R"(Size=-1 Color=#FFFFFF><LocID ID=locMSCertSrv>Network Device Enrollment )"
    R"(Service</LocID></Font></TD></TR></Table><P ID=locPageTitle> Network Device Enrollment )"
    R"(Service allows you to obtain certificates for routers or other network devices using )"
    R"(the Simple Certificate Enrollment Protocol (SCEP). </P>)";

inline const std::string page_tail =
    R"( <P ID=locPageDesc> For more information see  <A )"
    R"(HREF=http://go.microsoft.com/fwlink/?LinkId=67852>Using Network Device Enrollment )"
    R"(Service </A>. </P></Font></Body></HTML>)";

inline const std::string password_page_bytes =
    page_head +
    R"(<P> To complete certificate enrollment for your network device you will need the )"
    R"(following information: <P> The thumbprint (hash value) for the CA certificate is: <B> )"
    R"(A656FA66 AB12B433 A2DA5CF7 CC153D9A </B> <P> The enrollment challenge password is: <B> )"
    R"(8CE317021F690069 </B> <P> This password can be used only once and will expire within 60 )"
    R"(minutes. <P> Each enrollment requires a new challenge password. You can refresh this )"
    R"(web page to obtain a new challenge password. </P>)" +
    page_tail;

inline const std::string cache_full_page_bytes =
    page_head +
    R"(<P> The password cache is full. <P> Network Device Enrollment Service stores unused )"
    R"(password for later use. By default, passwords are stored for 60 minutes.<P>Use one of )"
    R"(the existing passwords. If you cannot use an existing password: <UL> <LI> Wait until )"
    R"(one or more existing passwords expire (by default passwords expire 60 minutes after )"
    R"(they are created). </LI> <LI> Restart Internet Information Services (IIS). </LI> <LI> )"
    R"(Configure the service to cache more than 5 passwords. </LI> </UL> </P>)" +
    page_tail;

inline const std::string no_permission_page_bytes =
    page_head +
    R"(<P> You do not have sufficient permission to enroll with SCEP.  Please contact your )"
    R"(system administrator. </P>)" +
    page_tail;

}  // namespace scep_ra::web::test
